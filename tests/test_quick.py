"""`make quick` runs the tests that are nearest to a change first, and never takes a failure for a success."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from docs.imports import ROOT, sources
from tests import quick


def test_nearest_tests_come_first() -> None:
    """A person who waits for seconds must see the test of the changed module in them."""
    assert quick.nearest(["handler/keys.py"], sources())[0] == "tests/handler/test_keys.py"
    assert quick.nearest(["components/bundle.py"], sources())[0] == "tests/components/test_bundle.py"
    assert quick.nearest(["tests/test_readme.py"], sources()) == ["tests/test_readme.py"]
    assert "tests/handler/test_app.py" in quick.nearest(["handler/errors.py"], sources())


def test_time_that_is_over_hides_no_failure(tmp_path: Path) -> None:
    """pytest calls a session that was stopped interrupted, whatever failed in it."""
    (tmp_path / "test_it.py").write_text("def test_bad():\n    assert False\ndef test_other():\n    pass\n")
    code = (
        "import sys, pytest; from tests.quick import Budget; budget = Budget(0); "
        "pytest.main(['-q', '-p', 'no:cacheprovider', '-c', '/dev/null', sys.argv[1]], plugins=[budget]); "
        "print(budget.failed, budget.left_out)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "1 1"
