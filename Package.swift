// swift-tools-version: 6.2
//
// The targets, lowest layer first. A target may import only what stands above it here;
// `scripts/check` refuses an import that is not declared.

import PackageDescription

// MARK: Settings that every Swift target shares

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [
  .unsafeFlags(["-std=c17", "-Wall", "-Wextra", "-Werror", "-Wconversion"])
]
let cTargets = [
  "CHardware", "ReferenceCore", "ReferenceLines", "AllocationCounter", "CKernelWorld", "LyingDisk",
  "kill-at-call", "MovedClock",
]

let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let moreCrypto = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "intrathecal-pump",
  products: [
    .executable(name: "pumpd", targets: ["pumpd"]),
    .executable(name: "pumpctl", targets: ["pumpctl"]),
    .executable(name: "pumpsim", targets: ["pumpsim"]),
    // For tests alone: see its header.
    .library(name: "MovedClock", type: .dynamic, targets: ["MovedClock"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
  ],
  targets: [
    // 0 words: what everything is said in. Quantities is Embedded Swift without a heap.
    .target(name: "Quantities"),
    // C: lines, buses, clocks, the interlock. It never decides a dose.
    .target(
      name: "CHardware", path: "CHardware",
      cSettings: strictC,
      linkerSettings: [
        .linkedLibrary("pthread"), .linkedLibrary("gpiod"), .linkedLibrary("i2c"),
      ]),

    // 1 decisions: step(inputs) -> decision. Embedded Swift without a heap, clock, file or socket.
    .target(name: "DosingCore", dependencies: ["Quantities"]),

    // 2 edges: each knows one outside thing, and none of them knows another.
    .target(name: "Hardware", dependencies: ["Quantities", "CHardware"]),
    .target(name: "Documents", dependencies: ["Quantities", "DosingCore", yams]),
    .target(name: "Journal", dependencies: ["Quantities", "DosingCore", database, crypto]),
    .target(name: "ProgrammerLink", dependencies: ["Quantities", "DosingCore", crypto]),

    // A rig file and the hardware that it names meet here: opening it, and what doctor finds.
    .target(name: "Commissioning", dependencies: ["Quantities", "Hardware", "Documents"]),

    // 3 time: the tick, and the mailboxes through which other threads reach it.
    .target(name: "Engine", dependencies: ["Quantities", "DosingCore", "Hardware"]),

    // What the tick did becomes durable here, and a pump is restored from it.
    .target(
      name: "Durability",
      dependencies: ["Quantities", "DosingCore", "Hardware", "Journal", "Engine"]),

    // The same numbers for the same seed.
    .target(name: "SeededNumbers"),
    // 4 world: what stands behind the simulated backend. It holds the truth.
    .target(name: "Plant", dependencies: ["Quantities", "CHardware", "SeededNumbers"]),
    // A disk that tears, loses and reorders what was not synced, under SQLite.
    .target(
      name: "LyingDisk", cSettings: strictC,
      linkerSettings: [.linkedLibrary("sqlite3")]),

    // A machine and the pump on it in virtual time, by the code that runs in real time.
    .target(
      name: "Simulation",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Journal", "Engine", "Durability", "Plant",
        "LyingDisk",
      ]),

    // 5 programs
    .executableTarget(
      name: "pumpd",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Documents", "Journal", "Commissioning",
        "ProgrammerLink", "Engine", "Durability", "Plant", arguments, logging,
      ]),
    .executableTarget(
      name: "pumpctl",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Documents", "Journal", "Commissioning",
        "ProgrammerLink", arguments, crypto, moreCrypto,
      ]),
    .executableTarget(
      name: "pumpsim",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Documents", "Journal", "Engine", "Durability",
        "Plant", "Simulation", "SeededNumbers", arguments,
      ]),

    // Benchmarks: the core beside a plain C version of the same arithmetic. See scripts/bench.
    .target(name: "ReferenceCore", path: "scripts/benchmarks/reference", cSettings: strictC),
    .executableTarget(
      name: "core-benchmark", dependencies: ["Quantities", "DosingCore", "ReferenceCore"],
      path: "scripts/benchmarks/core"),

    .executableTarget(
      name: "journal-benchmark",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Journal", "Engine", "Durability", sqlite,
      ], path: "scripts/benchmarks/journal"),

    .executableTarget(
      name: "link-benchmark",
      dependencies: ["Quantities", "DosingCore", "ProgrammerLink", "RawLink"],
      path: "scripts/benchmarks/link"),

    .target(
      name: "ReferenceLines", path: "scripts/benchmarks/lines", cSettings: strictC,
      linkerSettings: [.linkedLibrary("gpiod")]),

    // Tests: one target a module, and one that runs the built programs as a user does.
    .target(
      name: "AllocationCounter", path: "Tests/Support/AllocationCounter", cSettings: strictC),
    // Kills a program at one of its system calls.
    .executableTarget(
      name: "kill-at-call", path: "Tests/Support/KillAtCall", cSettings: strictC),
    // Moves the system clock of a program that it is loaded into.
    .target(name: "MovedClock", path: "Tests/Support/MovedClock", cSettings: strictC),
    .target(name: "ChildProcess", path: "Tests/Support/ChildProcess"),
    // A connection to a pump that sends whatever it is given.
    .target(name: "RawLink", dependencies: ["DosingCore"], path: "Tests/Support/RawLink"),
    // What earlier versions wrote, in Tests/Fixtures, with the facts about it.
    .target(name: "Fixtures", path: "Tests/Support/Fixtures"),
    // What every backend of the hardware contract must do; hil runs it on real ones.
    .target(
      name: "Conformance", dependencies: ["Quantities", "CHardware", "Hardware", "Plant"],
      path: "Tests/Conformance"),
    // Hardware in the loop: what runs in the guest of scripts/hil, and on a rig.
    .target(
      name: "CKernelWorld", path: "Tests/HardwareInTheLoop/CKernelWorld", cSettings: strictC),
    .target(
      name: "KernelWorld", dependencies: ["CKernelWorld"],
      path: "Tests/HardwareInTheLoop/KernelWorld"),
    .testTarget(
      name: "KernelWorldTests", dependencies: ["CKernelWorld", "KernelWorld"],
      path: "Tests/HardwareInTheLoop/KernelWorldTests"),
    .executableTarget(
      name: "hil",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Documents", "Commissioning", "Engine", "Plant",
        "Conformance", "ChildProcess", "CKernelWorld", "KernelWorld", "ReferenceLines", arguments,
      ], path: "Tests/HardwareInTheLoop/hil"),
    .testTarget(name: "QuantitiesTests", dependencies: ["Quantities"]),
    .testTarget(name: "CHardwareTests", dependencies: ["CHardware", "SeededNumbers"]),
    .testTarget(
      name: "HardwareTests",
      dependencies: ["Quantities", "CHardware", "Hardware", "Plant", "Conformance"]),
    .testTarget(
      name: "DosingCoreTests", dependencies: ["Quantities", "DosingCore", "SeededNumbers", bigInt]),
    .testTarget(
      name: "DocumentsTests", dependencies: ["Quantities", "DosingCore", "Documents"]),
    .testTarget(
      name: "CommissioningTests",
      dependencies: ["Quantities", "Hardware", "Documents", "Commissioning", "Plant"]),
    .testTarget(
      name: "ProgrammerLinkTests",
      dependencies: ["Quantities", "DosingCore", "ProgrammerLink", "RawLink", "SeededNumbers"]),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Quantities", "CHardware", "DosingCore", "Hardware", "Engine", "Plant",
        "AllocationCounter", "SeededNumbers",
      ]),
    .testTarget(
      name: "JournalTests",
      dependencies: ["Quantities", "DosingCore", "Journal", "Fixtures", database]),
    .testTarget(
      name: "DurabilityTests",
      dependencies: [
        "Quantities", "CHardware", "DosingCore", "Hardware", "Journal", "Engine", "Durability",
        "Plant", "Simulation", "SeededNumbers", "Fixtures",
      ]),
    .testTarget(name: "PlantTests", dependencies: ["CHardware", "Plant", "SeededNumbers"]),
    .testTarget(
      name: "ProgramTests",
      dependencies: [
        "Quantities", "DosingCore", "Hardware", "Documents", "Journal", "ProgrammerLink", "Engine",
        "Durability", "Plant", "Simulation", "ChildProcess", "CKernelWorld", "Fixtures", "RawLink",
        "SeededNumbers",
        "pumpd",
        "pumpctl", "pumpsim", "kill-at-call",
        database,
      ]),
  ]
)

// What computes in tests is as it ships, and so fast that they can compute for long.
let optimised = ["Quantities", "DosingCore", "Plant", "Engine", "Simulation"]

// What tests compute is nearly all in what they test: to optimise them too takes a third of the time of the build.
for target in package.targets where target.type == .test {
  target.swiftSettings = [.unsafeFlags(["-Onone"], .when(configuration: .release))]
}

for target in package.targets where !cTargets.contains(target.name) {
  target.swiftSettings = (target.swiftSettings ?? []) + strict
  if optimised.contains(target.name) {
    target.swiftSettings?.append(
      .unsafeFlags(
        ["-O", "-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug)))
  }
}
