// The core script, as bytes in an image that has no files.
        .section .script, "a"
        .balign 8
        .global script, script_end
script: .incbin SCRIPT
script_end:
