"""Draws mutants, builds each in a copy of the tree, and judges it by the tests of its place.

scripts/mutants says what it prints, and starts it.
"""

import argparse
import contextlib
import dataclasses
import filecmp
import functools
import io
import json
import os
import pathlib
import random
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time

from universalmutator import mutator

ROOT = pathlib.Path.cwd()
WORK = ROOT / ".build" / "mutants"
EQUIVALENT = ROOT / "scripts" / "mutation" / "equivalent"


@dataclasses.dataclass(frozen=True)
class Place:
    """Files that decide, and the tests that have to notice when they decide otherwise."""

    # Patterns below the root.
    files: tuple
    # The target of the tests, which alone is built with what it needs.
    target: str
    # Patterns of tests that are run one after the other, the quickest and likeliest to notice first.
    # A stage leaves out what an earlier one ran.
    stages: tuple


PLACES = {
    "interlock": Place(("CHardware/src/interlock.c",), "CHardwareTests", ("Interlock",)),
    "window": Place(
        ("CHardware/src/window.c", "CHardware/src/window.h"), "CHardwareTests", ("Interlock",)
    ),
    "core": Place(
        ("Sources/DosingCore/**/*.swift",),
        "DosingCoreTests",
        (r"DosingCoreTests\.(?!FrameTests|PropertyTests)", "FrameTests", "PropertyTests"),
    ),
    "durability": Place(
        ("Sources/Durability/*.swift",),
        "DurabilityTests",
        (r"DurabilityTests\.(?!LyingStorageTests)", "LyingStorageTests"),
    ),
    "verifier": Place(
        (
            "Sources/ProgrammerLink/Verifier.swift",
            "Sources/ProgrammerLink/ChallengeBook.swift",
            "Sources/ProgrammerLink/Authority.swift",
            "Sources/ProgrammerLink/KeyTable.swift",
            "Sources/ProgrammerLink/Signing.swift",
        ),
        "ProgrammerLinkTests",
        (r"ProgrammerLinkTests\.",),
    ),
}

# Leaves in a manifest what one target of tests needs: a build of the rest would only cost time.
MANIFEST_OF_ONE_PLACE = """
var wanted: Set<String> = ["%s"]
var wantedPackages: Set<String> = []
for target in package.targets.reversed() where wanted.contains(target.name) {
  for dependency in target.dependencies {
    switch dependency {
    case .byNameItem(let name, _), .targetItem(let name, _): wanted.insert(name)
    case .productItem(_, let package, _, _): wantedPackages.insert(package ?? "")
    default: break
    }
  }
}
package.products = []
package.targets = package.targets.filter { wanted.contains($0.name) }
package.dependencies = package.dependencies.filter {
  guard case .sourceControl(_, let location, _) = $0.kind else { return false }
  return wantedPackages.contains { location.hasSuffix("/" + $0) }
}
"""


@dataclasses.dataclass(frozen=True)
class Mutant:
    # Below the root.
    file: str
    # The number of the line, from 1.
    line: int
    before: str
    # The line before it.
    above: str
    # What stands there instead: one line or two, or none.
    after: str

    def change(self):
        """The line, with what differs as [before=>after]."""
        before, after = self.before.strip(), " ".join(self.after.split())
        word = re.compile(r"\w+|\s+|.")
        old, new = word.findall(before), word.findall(after)
        start = 0
        while start < min(len(old), len(new)) and old[start] == new[start]:
            start += 1
        end = 0
        while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
            end += 1
        tail = len(old) - end
        return (
            "".join(old[:start])
            + f"[{''.join(old[start:tail])}=>{''.join(new[start:len(new) - end])}]"
            + "".join(old[tail:])
        )


# ---- Drawing ----


def is_code(line):
    """Whether a change of this line can change what is done."""
    line = line.strip()
    return not line.startswith(("//", "/*", "* ", "*/", "@", "import ", "#"))


def is_hopeless(source, at, after):
    """What the compiler would refuse; it is cheaper not to ask it, and they are many."""
    if after.count("\n") == 2:
        return not is_in_loop(source, at)
    return any(not name[0].isdigit() and name not in names_in_use() for name in words(after))


def words(text):
    return set(re.findall(r"\w+", text))


@functools.cache
def names_in_use():
    files = [*ROOT.glob("Sources/**/*.swift"), *ROOT.glob("CHardware/**/*.[ch]")]
    return set().union(*(words(file.read_text()) for file in files))


def is_in_loop(source, at):
    """Whether `break` may stand behind a line."""
    indentation = lambda line: len(line) - len(line.lstrip())
    inner = indentation(source[at]) + (1 if source[at].rstrip().endswith("{") else 0)
    for line in reversed(source[: at + 1]):
        if line.strip() and indentation(line) < inner:
            inner = indentation(line)
            if re.match(r"\s*(\w+: )?(for|while|repeat|switch)\b", line):
                return True
            if re.search(r"\b(func|init|var|subscript|struct|enum|extension)\b", line):
                return False
    return False


def mutants_of(file):
    """All that universalmutator makes of a file, in its order."""
    source = (ROOT / file).read_text().splitlines(keepends=True)
    language = "swift" if file.endswith(".swift") else "c"
    rules = ["universal.rules", f"{language}.rules", "c_like.rules"]
    with contextlib.redirect_stdout(io.StringIO()):
        made = mutator.mutants_regexp(source, rules, ignorePatterns=[], ignoreStringOnly=True)
    found = []
    for number, after, *_ in made:
        at = number - 1
        if is_code(source[at]) and not is_hopeless(source, at, after):
            above = source[at - 1] if at > 0 else ""
            found.append(Mutant(file, number, source[at], above, after))
    return found


def drawn(place, seed, only):
    """The mutants of a place in the order in which they are judged: each line once, then again."""
    files = sorted({str(f.relative_to(ROOT)) for p in place.files for f in ROOT.glob(p)})
    path, number = only or ("", 0)
    mutants = []
    for file in files:
        if pathlib.PurePath(file).is_relative_to(path):
            mutants += [m for m in mutants_of(file) if number in (0, m.line)]
    random.Random(seed).shuffle(mutants)
    times = {}
    order = []
    for mutant in mutants:
        line = (mutant.file, mutant.line)
        times[line] = times.get(line, 0) + 1
        order.append((times[line], mutant))
    return [mutant for _, mutant in sorted(order, key=lambda pair: pair[0])]


class Equivalents:
    """The mutants that are known to be equivalent, with the reasons. Spaces do not count."""

    def __init__(self):
        self.reasons = {}
        self.sources = {}
        file = above = before = after = None
        for line in EQUIVALENT.read_text().splitlines():
            mark, text = line[:2], plain(line[2:])
            if mark == "@ ":
                above = text
            elif mark == "- ":
                before, after = text, ""
            elif mark == "+ ":
                after = plain(f"{after} {text}")
            elif mark == "= ":
                self.reasons[(file, above, before, after)] = text
                above = None
            elif line and not line.startswith("#"):
                file = line

    def reason(self, mutant):
        """None where it is not known. A line that is not the only one of its kind needs the one above."""
        before, after = plain(mutant.before), plain(mutant.after)
        exact = self.reasons.get((mutant.file, plain(mutant.above), before, after))
        if exact is not None or not self.is_single(mutant.file, before):
            return exact
        return self.reasons.get((mutant.file, None, before, after))

    def is_single(self, file, line):
        if file not in self.sources:
            self.sources[file] = [plain(line) for line in (ROOT / file).read_text().splitlines()]
        return self.sources[file].count(line) == 1


def plain(line):
    return " ".join(line.split())


# ---- Building ----


def copy_tree(source, target):
    """Makes target as source is. A file that is the same keeps its time, so that nothing is built twice."""
    target.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in source.iterdir()}
    for entry in target.iterdir():
        if entry.name not in names:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for entry in source.iterdir():
        copy = target / entry.name
        if entry.is_dir():
            copy_tree(entry, copy)
        elif not copy.exists() or not filecmp.cmp(entry, copy, shallow=False):
            shutil.copyfile(entry, copy)


class Bench:
    """A copy of the tree with the tests of one place, in which one line at a time is changed."""

    def __init__(self, place):
        self.place = place
        self.tree = WORK / place.target
        self.log = WORK / f"{place.target}.log"
        self.reports = WORK / f"{place.target}.tests.log"
        for folder in ("Sources", "Tests", "CHardware"):
            copy_tree(ROOT / folder, self.tree / folder)
        # The same releases of what it depends on.
        pins = ROOT / "Package.resolved"
        if pins.exists() and not (self.tree / pins.name).exists():
            shutil.copyfile(pins, self.tree / pins.name)
        manifest = (ROOT / "Package.swift").read_text() + MANIFEST_OF_ONE_PLACE % place.target
        path = self.tree / "Package.swift"
        if not path.exists() or path.read_text() != manifest:
            path.write_text(manifest)
        # Optimised, because the tests then run several times as fast; without lines, so that two
        # builds that do the same are the same. Not whole modules: one file at a time is built.
        self.options = ["--package-path", str(self.tree), "-Xswiftc", "-O", "-Xswiftc", "-gnone"]
        self.options += ["-Xcc", "-O1", "-Xcc", "-g0"]
        if not self.build():
            stop(f"the copy of the tree does not build, see {self.log}")
        shown = subprocess.run(
            ["swift", "build", "--show-bin-path"] + self.options,
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.products = pathlib.Path(shown.stdout.strip())
        self.program = self.products / "intrathecal-pumpPackageTests.xctest"
        inside = 0 if place.files[0].startswith("CHardware") else 1
        self.modules = {file.split("/")[inside] for file in place.files}
        self.usual = self.objects()
        self.limits = [3600.0] * len(place.stages)

    def build(self):
        with open(self.log, "w") as log:
            built = subprocess.run(
                ["swift", "build", "--build-tests"] + self.options, stdout=log, stderr=log
            )
        return built.returncode == 0

    def objects(self):
        """What the compiler made of what is changed here, by file."""
        return {
            path: path.read_bytes()
            for module in self.modules
            for path in self.products.glob(f"{module}.build/**/*.o")
        }

    def is_unchanged(self):
        """Whether the compiler makes the same of a mutant as of the source."""
        return self.objects() == self.usual

    def is_sound(self, mutant):
        """A first look at one file, which costs little: most mutants are no program at all."""
        path = self.tree / mutant.file
        if path.suffix == ".swift":
            folder = self.tree.joinpath(*pathlib.Path(mutant.file).parts[:2])
            others = [str(file) for file in folder.glob("**/*.swift") if file != path]
            look = ["swiftc", "-frontend", "-typecheck", "-module-name", folder.name]
            look += [*self.settings_of(folder.name), *others, "-primary-file"]
        else:
            look = ["clang", "-fsyntax-only", "-std=c17", "-Wall", "-Wextra", "-Werror"]
            look += ["-Wconversion", "-I", str(self.tree / "CHardware/include")]
        return subprocess.run(look + [str(path)], capture_output=True).returncode == 0

    @functools.cache
    def settings_of(self, module):
        """How a module is compiled, as far as that decides what is refused."""
        with_value = ("-I", "-Xcc", "-target", "-swift-version", "-enable-upcoming-feature")
        with_value += ("-package-name", "-module-cache-path")
        alone = ("-strict-memory-safety", "-warnings-as-errors", "-parse-as-library")
        for line in (self.tree / ".build" / "debug.yaml").read_text().splitlines():
            if f'"-module-name","{module}","-emit-dependencies"' not in line:
                continue
            words = json.loads(line.split("args: ", 1)[1])
            kept = []
            for word, value in zip(words, words[1:] + [""]):
                if word in with_value:
                    kept += [word, value]
                elif word in alone:
                    kept.append(word)
            return kept
        stop(f"the plan of the build does not say how {module} is compiled")

    def plant(self, mutant):
        path = self.tree / mutant.file
        lines = (ROOT / mutant.file).read_text().splitlines(keepends=True)
        lines[mutant.line - 1] = mutant.after
        path.write_text("".join(lines))

    def restore(self, mutant):
        shutil.copyfile(ROOT / mutant.file, self.tree / mutant.file)

    def failing_test(self, stage):
        """Runs a stage until its first failure, and says what failed; None where all passed."""
        command = [self.program, "--testing-library", "swift-testing"]
        command += ["--filter", self.place.stages[stage]]
        begun = time.monotonic()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.tree,
            start_new_session=True, env=os.environ | {"SWIFT_BACKTRACE": "enable=no"},
        ) as tests:  # fmt: skip
            try:
                return self._first_failure(tests, begun + self.limits[stage])
            finally:
                # The tests may have started programs of their own.
                try:
                    os.killpg(tests.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def _first_failure(self, tests, end):
        failed = re.compile(r"^✘ +Test (.*?) (?:with \d+ test cases? )?(?:recorded|failed)")
        colours = re.compile(r"\x1b\[[0-9;]*m")
        ready = selectors.DefaultSelector()
        ready.register(tests.stdout, selectors.EVENT_READ)
        os.set_blocking(tests.stdout.fileno(), False)
        rest, crash, ran = b"", None, False
        with open(self.reports, "wb") as reports:
            while True:
                if time.monotonic() > end:
                    return "the time that it takes"
                if not ready.select(timeout=1):
                    continue
                bytes_read = os.read(tests.stdout.fileno(), 65536)
                if not bytes_read:
                    break
                reports.write(bytes_read)
                *lines, rest = (rest + bytes_read).split(b"\n")
                for line in lines:
                    text = colours.sub("", line.decode(errors="replace"))
                    match = failed.match(text)
                    if match and not match[1].startswith("run "):
                        return match[1].strip('"')
                    if "Fatal error" in text:
                        crash = text.split("Fatal error")[0] + "a trap"
                    ran = ran or re.match(r"^✔ +Test run with [1-9]", text) is not None
        code = tests.wait()
        if code == 0 and ran:
            return None
        if code == 0:
            stop(f"no test was run, see {self.reports}")
        return crash or (f"signal {-code}" if code < 0 else f"the exit code {code}")


def stop(message):
    print(f"mutants: {message}", file=sys.stderr)
    sys.exit(70)


# ---- Judging ----


def judge(name, options, known):
    """Judges mutants of a place, prints them, and says whether none survived."""
    place = PLACES[name]
    mutants = drawn(place, options.seed, options.file)
    if options.list:
        for mutant in mutants[: options.count]:
            print(f"{mutant.file}:{mutant.line}: {mutant.change()}")
        return True
    bench = Bench(place)
    # The control: what nothing was planted in passes, and says how long that takes.
    times = []
    for stage in range(len(place.stages)):
        begun = time.monotonic()
        failure = bench.failing_test(stage)
        if failure is not None:
            stop(f"{name}: without a mutant there fails: {failure}")
        times.append(time.monotonic() - begun)
        bench.limits[stage] = 10 + 4 * times[-1]
    print(
        f"mutants: {name}: {len(mutants)} to draw from, seed {options.seed}; the tests alone take "
        + f"{sum(times):.0f} s",
        flush=True,
    )

    killed = survived = equivalent = refused = 0
    for mutant in mutants:
        if killed + survived >= options.count:
            break
        where = f"{mutant.file}:{mutant.line}: {mutant.change()}"
        reason = known.reason(mutant)
        if reason is not None:
            equivalent += 1
            print(f"equivalent  {where}  {reason}", flush=True)
            continue
        bench.plant(mutant)
        try:
            if not bench.is_sound(mutant) or not bench.build():
                refused += 1
                continue
            if bench.is_unchanged():
                equivalent += 1
                print(f"equivalent  {where}  the compiler makes the same of it", flush=True)
                continue
            failure = None
            for stage in range(len(place.stages)):
                failure = failure or bench.failing_test(stage)
        finally:
            bench.restore(mutant)
        if failure is None:
            survived += 1
            print(f"SURVIVED    {where}", flush=True)
        else:
            killed += 1
            print(f"killed      {where}  by {failure}", flush=True)
    judged = killed + survived
    score = f"{100 * killed / judged:.1f} %" if judged else "none"
    print(
        f"mutants: {name}: {killed} killed, {survived} survived, {equivalent} equivalent, "
        + f"{refused} that do not build; score {score}",
        flush=True,
    )
    return survived == 0


def file_and_line(text):
    file, _, line = text.partition(":")
    return (file, int(line or 0))


def main():
    # So that what was started ends with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--file", type=file_and_line)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--place", action="append", choices=list(PLACES))
    options = parser.parse_args()
    known = Equivalents()
    WORK.mkdir(parents=True, exist_ok=True)
    good = [judge(name, options, known) for name in options.place or PLACES]
    return 0 if all(good) else 1


sys.exit(main())
