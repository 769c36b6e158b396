import argparse
import json
import stat

import pytest

from cartwright_train.suite_ray import play, seeds, tasks


def test_seeds_are_one_or_a_span():
    assert seeds("3") == (3, 3) and seeds("1..20") == (1, 20)
    with pytest.raises(argparse.ArgumentTypeError):
        seeds("5..2")


def test_every_seed_of_every_story_is_played_once_and_every_story_early():
    made = list(tasks(["a", "b"], 1, 5, 2))
    assert made[:2] == [("a", 1, 2), ("b", 1, 2)] and made[-1] == ("b", 5, 5)
    for story in "ab":
        assert [s for name, first, last in made if name == story for s in range(first, last + 1)] == [1, 2, 3, 4, 5]


def program(tmp_path, text):
    path = tmp_path / "sim"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_task_gives_the_rows_of_its_suite(tmp_path):
    suite = json.dumps({"tapes": [{"tape": "a.1.mcap", "status": "made"}]})
    sim = program(tmp_path, f"mkdir -p \"$8\" && echo '{suite}' >\"$8/suite.json\"\n")
    rows = play(sim, "stories/a.yaml", 1, 4, tmp_path, [])
    assert rows == [{"tape": "a.1-4/a.1.mcap", "status": "made"}]


def test_a_task_that_cannot_run_is_a_failed_row_with_its_reason(tmp_path):
    sim = program(tmp_path, "echo 'cartwright-sim: a.yaml:3: add: no product' >&2; exit 1\n")
    (row,) = play(sim, "a.yaml", 1, 1, tmp_path, [])
    assert row["status"] == "failed" and "a.yaml:3" in row["why"]
