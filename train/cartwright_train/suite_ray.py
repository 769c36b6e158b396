"""Play a suite of scenarios on a Ray cluster: a task is one span of seeds of one scenario.

    python -m cartwright_train.suite_ray scenarios/ --seeds 1..100 -o tapes [--span 10] [-- --fps 5 ...]

Each task runs `cartwright-sim suite` with one process; words after `--` go to it unchanged. The folder
must be one that every worker sees. What is there already is kept, so the same words go on where they
were. Ends with status 1 when a tape failed. Wants `ray` and a built `cartwright-sim`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path


def seeds(text):
    """"3..7" or "3" as first and last."""
    first, _, last = text.partition("..")
    span = int(first), int(last or first)
    if span[0] < 0 or span[1] < span[0]:
        raise argparse.ArgumentTypeError(f"{text} is not FIRST..LAST")
    return span


def tasks(scenarios, first, last, span):
    """(scenario, first seed, last seed), seed by seed so that every story is told early."""
    for begin in range(first, last + 1, span):
        for scenario in scenarios:
            yield scenario, begin, min(last, begin + span - 1)


def play(program, scenario, first, last, out, words):
    """One task, in a folder of its own; the rows of its suite.json, or one that says why there are none."""
    name = f"{Path(scenario).stem}.{first}-{last}"
    folder = Path(out) / name
    done = subprocess.run([program, "suite", scenario, "--seeds", f"{first}..{last}", "--jobs", "1",
                           "-o", str(folder), *words], capture_output=True, text=True, check=False)
    try:
        rows = json.loads((folder / "suite.json").read_text(encoding="utf-8"))["tapes"]
    except (OSError, ValueError):
        rows = []
    if not rows:
        return [{"tape": f"{name}/", "status": "failed", "why": done.stderr.strip() or "no suite.json"}]
    return [row | {"tape": f"{name}/{row['tape']}"} for row in rows]


def main():
    own = sys.argv[1:]
    at = own.index("--") if "--" in own else len(own)
    own, passed = own[:at], own[at + 1 :]
    parser = argparse.ArgumentParser(prog="suite_ray", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", type=Path, help="a folder, or one file")
    parser.add_argument("--seeds", type=seeds, default=(1, 3))
    parser.add_argument("--span", type=int, default=10, help="seeds a task")
    parser.add_argument("-o", "--out", type=Path, default=Path("suite"))
    parser.add_argument("--program", default="build/sim/cartwright-sim")
    words = parser.parse_args(own)
    files = sorted(words.scenarios.glob("*.yaml")) if words.scenarios.is_dir() else [words.scenarios]
    import ray  # only here: the rest can be tested without it

    ray.init(ignore_reinit_error=True)
    remote = ray.remote(num_cpus=1)(play)
    program, out = str(Path(words.program).resolve()), str(words.out.resolve())
    waiting = [remote.remote(program, str(file.resolve()), begin, end, out, passed)
               for file, begin, end in tasks(files, *words.seeds, words.span)]
    total, rows = len(waiting), []
    while waiting:
        done, waiting = ray.wait(waiting)
        rows += [row for result in ray.get(done) for row in result]
        print(f"\rsuite_ray {total - len(waiting)}/{total} tasks", end="", file=sys.stderr)
    print(file=sys.stderr)
    words.out.mkdir(parents=True, exist_ok=True)
    (words.out / "suite.json").write_text(json.dumps({"simulated": True, "tapes": rows}, indent=1) + "\n", "utf-8")
    failed = [row for row in rows if row["status"] not in ("made", "kept")]
    for row in failed:
        print(f"{row['tape']}: {row['why']}", file=sys.stderr)
    print(f"{words.out}: {len(rows)} tapes, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
