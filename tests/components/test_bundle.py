"""The deployment package: the same bytes from the same inputs, everything the function needs, and nothing else."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import MAGIC_NUMBER, source_from_cache, source_hash
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from components import bundle, bytecode
from components.bundle import KEPT, BundleError, Target, build
from handler.routes import ROUTES
from stacks import ROOT
from tests.handler.events import http_event

LAMBDA = Target(architecture="arm64", python_version="3.13")
LIMIT = 5_500_000  # bytes; a bigger package costs every cold start

BUILD = """
import sys
from pathlib import Path
from components.bundle import KEPT, Target, build
source, cache, target = sys.argv[1:]
made = Target.host() if target == "host" else Target(architecture="arm64", python_version="3.13")
print(build(Path(source), made, Path(cache)))
"""
# Runs in a Python that knows the standard library and the unzipped package only.
CALL = """
import json, sys
sys.path.append(sys.argv[1])
import handler.app, jwt, cryptography
inside = [module.__file__.startswith(sys.argv[1]) for module in (handler.app, jwt, cryptography)]
answers = [handler.app.lambda_handler(event, None) for event in json.load(sys.stdin)]
native = "cryptography.hazmat.bindings._rust" in sys.modules
json.dump({"inside": inside, "native": native, "answers": answers}, sys.stderr)
"""


def _source(folder: Path, when: float) -> Path:
    """A copy of `handler/`, all of it of that time, with leftovers of an earlier run beside the modules."""
    source = folder / "handler"
    shutil.copytree(ROOT / "handler", source, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "app.cpython-313.pyc").write_bytes(str(folder).encode())
    for path in (source, *source.rglob("*")):
        os.utime(path, (when, when))
    return source


def _build(source: Path, target: str, umask: int, **environment: str) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(source), str(source.parent / "cache"), target],
        cwd=source.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Lambda's package and this machine's, both at once."""
    here = {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": "0"}
    with ThreadPoolExecutor() as pool:
        made = {
            "here": pool.submit(_build, _source(tmp_path_factory.mktemp("a"), 1.0), "lambda", 0o022, **here),
            "host": pool.submit(_build, _source(tmp_path_factory.mktemp("host"), 1.0), "host", 0o022),
        }
        return {name: future.result() for name, future in made.items()}


@pytest.fixture
def entries(packages: dict[str, Path]) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(packages["here"]) as archive:
        return archive.infolist()


class TestBytes:
    @pytest.mark.acceptance  # builds the package once more
    def test_same_inputs_make_the_same_bytes(self, packages: dict[str, Path], tmp_path: Path) -> None:
        """Else every deployment replaces the function, and nobody can tell what runs from what was reviewed.

        The second package is built by what might be another machine on another day.
        """
        there = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "SOURCE_DATE_EPOCH": "1700000000"}
        other = _build(_source(tmp_path / "longer name", 2e9), "lambda", 0o077, **there)

        assert packages["here"].read_bytes() == other.read_bytes()
        assert packages["here"].name == other.name

    def test_entries_are_sorted_and_carry_no_time_or_user(self, entries: list[zipfile.ZipInfo]) -> None:
        """What differs between two machines must not be in it; files must be readable to the function's user."""
        names = [entry.filename for entry in entries]

        assert names == sorted(names)
        assert len(names) == len(set(names))
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
        assert {entry.create_system for entry in entries} == {3}

    def test_package_is_small(self, packages: dict[str, Path]) -> None:
        """Lambda loads all of it before the first line runs."""
        assert packages["here"].stat().st_size <= LIMIT


class TestContent:
    def test_handler_is_whole(self, entries: list[zipfile.ZipInfo]) -> None:
        """Every module of the folder, under the name that the entry point has."""
        packed = {entry.filename for entry in entries if entry.filename.startswith("handler/")}

        packed = {name for name in packed if not name.endswith(".pyc")}
        assert packed == {path.relative_to(ROOT).as_posix() for path in (ROOT / "handler").rglob("*.py")}

    def test_dependencies_are_beside_it(self, entries: list[zipfile.ZipInfo]) -> None:
        """Without them the first import fails, and every call is a 500."""
        assert {"jwt/__init__.py", "cryptography/__init__.py"} <= {entry.filename for entry in entries}

    def test_compiled_parts_are_for_the_functions_processor(self, packages: dict[str, Path]) -> None:
        """Built on any host: an x86-64 library on arm64 fails at import."""
        with zipfile.ZipFile(packages["here"]) as archive:
            libraries = [name for name in archive.namelist() if ".so" in Path(name).suffixes]
            machines = {archive.read(name)[18:20] for name in libraries}  # ELF's e_machine

        assert any(name.startswith("cryptography/") for name in libraries)
        assert machines == {b"\xb7\x00"}  # EM_AARCH64

    def test_nothing_is_in_it_that_never_runs(self, entries: list[zipfile.ZipInfo]) -> None:
        """Install records differ between two builds; scripts and requirements are for other places."""
        for entry in entries:
            path = Path(entry.filename)
            assert path.parts[0] != "bin", path
            assert path.name not in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}, path
        assert not [entry.filename for entry in entries if entry.filename.startswith("handler/requirements")]

    def test_nothing_else_is_beside_the_handler(self, entries: list[zipfile.ZipInfo]) -> None:
        """The top level is the function's import path: what is there can shadow the standard library."""
        tops = {Path(entry.filename).parts[0] for entry in entries}
        packages = {top for top in tops if not top.endswith(".dist-info")}

        assert packages - {"handler", "jwt", "cryptography", "cffi", "pycparser"} <= {
            top for top in packages if top.startswith("_cffi_backend")
        }


class TestAlone:
    def test_package_runs_without_anything_else_on_the_path(self, packages: dict[str, Path], tmp_path: Path) -> None:
        """Every other run of the handler has this project's own packages beside it, which hide what is missing."""
        unzipped = tmp_path / "unzipped"
        with zipfile.ZipFile(packages["host"]) as archive:
            archive.extractall(unzipped)
        protected = next(route.key for route in ROUTES if not route.public)
        events: list[dict[str, Any]] = [
            http_event("GET /health"),
            http_event(protected, [("authorization", "Bearer not.a.token")], claims={"sub": "somebody"}),
        ]
        region = "eu-central-1"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", CALL, str(unzipped)],
            cwd=tmp_path,
            env={"AWS_REGION": region, "COGNITO_USER_POOL_ID": f"{region}_Ab1", "COGNITO_CLIENT_IDS": "client1"},
            input=json.dumps(events),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stderr)

        assert told["inside"] == [True, True, True]
        assert told["native"]
        assert [answer["statusCode"] for answer in told["answers"]] == [200, 401]
        assert json.loads(told["answers"][0]["body"]) == {"status": "ok"}


HERE = Target(architecture="x86_64", python_version=".".join(platform.python_version_tuple()[:2]))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package for this machine's Python, with bytecode."""
    return build(_source(tmp_path_factory.mktemp("here"), 1.0), HERE, tmp_path_factory.mktemp("cache"))


@pytest.mark.acceptance  # builds two more packages
class TestBytecode:
    """Python does not compare it with its source (PEP 552, unchecked), so what is shipped must be that source."""

    def test_each_file_is_its_source_compiled(self, package: Path) -> None:
        """Of every module of the handler, and of no module that it does not import."""
        with zipfile.ZipFile(package) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        compiled = {source_from_cache(name): data for name, data in content.items() if name.endswith(".pyc")}
        for name, data in compiled.items():
            source = content[name]
            assert data[:16] == MAGIC_NUMBER + bytes([1, 0, 0, 0]) + source_hash(source), name
            code = marshal.loads(data[16:])  # noqa: S302 - our own
            assert code == compile(source, f"/var/task/{name}", "exec", dont_inherit=True), name
        assert {name for name in content if name.startswith("handler/") and name.endswith(".py")} <= compiled.keys()
        assert {name.partition("/")[0] for name in compiled} == {"handler", "jwt", "cryptography"}
        listed = {each["name"] for each in json.loads(bundle.bill_of(package).read_text())["components"]}
        assert {name for name in content if name.endswith(".pyc")} <= listed

    def test_other_machine_makes_the_same_bytes(self, package: Path, tmp_path: Path) -> None:
        """From another folder, and by each other Python of this version that is installed here."""
        listed = [find_uv_bin(), "python", "list", "--only-installed", "--no-config", "--output-format", "json"]
        found = json.loads(subprocess.check_output(listed, text=True))
        pythons = {each["path"] for each in found if each["version"].startswith(f"{HERE.python_version}.")}
        source, wheels = _source(tmp_path / "another", 2e9), next(package.parent.glob("wheels-*"))
        modules = {path.relative_to(source.parent).as_posix(): path for path in source.rglob("*.py")}
        modules |= {path.relative_to(wheels).as_posix(): path for path in wheels.rglob("*.py")}
        with zipfile.ZipFile(package) as archive:
            shipped = {name: archive.read(name) for name in archive.namelist() if name.endswith(".pyc")}
        for number, python in enumerate({sys.executable, *pythons}):
            made = bytecode.compiled(python, modules, source, wheels, tmp_path / str(number))
            assert {name: path.read_bytes() for name, path in made.items()} == shipped, python

    def test_import_compiles_nothing(self, package: Path, tmp_path: Path) -> None:
        """On Lambda the folder cannot be written: without bytecode each cold start compiles everything again."""
        with zipfile.ZipFile(package) as archive:
            archive.extractall(tmp_path)
        code = (
            "import sys; sys.path.append(sys.argv[1]); seen = []\n"
            "sys.addaudithook(lambda event, found: seen.append(found[1]) if event == 'compile' else None)\n"
            "import handler.errors, handler.bodies, handler.routes, handler.settings, handler.fetch\n"
            "print([str(name) for name in seen if str(name).startswith(sys.argv[1])])"
        )
        done = subprocess.check_output([sys.executable, "-ISB", "-c", code, str(tmp_path)], text=True)
        assert done == "[]\n"

    def test_missing_compiler_is_told_with_its_remedy(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Another version's bytecode would be ignored, so there is none; the package is another one."""
        monkeypatch.setattr(bundle, "_install", lambda _, __, folder: folder.mkdir())
        source, cache = _source(tmp_path, 1.0), tmp_path / "cache"
        compiled = build(source, HERE, cache)
        monkeypatch.setattr(bundle, "compiler", lambda _: None)
        reported: list[str] = []
        plain = build(source, HERE, cache, reported.append)
        assert plain != compiled
        with zipfile.ZipFile(plain) as archive:
            assert not [name for name in archive.namelist() if name.endswith(".pyc")]
        build(source, Target.host(), cache, reported.append)
        (line,) = reported
        assert f"uv python install {HERE.python_version}" in line

    def test_module_that_does_not_compile_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Before anything is deployed, and not as a 500 of every call."""
        monkeypatch.setattr(bundle, "_install", lambda _, __, folder: folder.mkdir())
        source = _source(tmp_path, 1.0)
        (source / "broken.py").write_text("def broken(:\n")
        with pytest.raises(BundleError, match=r"must compile with Python .*SyntaxError"):
            build(source, HERE, tmp_path / "cache")


class TestCache:
    """With an installer that only says it ran: what is tested here is when it runs."""

    @pytest.fixture
    def installed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The targets that wheels were installed for."""
        runs: list[str] = []

        def install(_: Path, target: Target, folder: Path) -> None:
            runs.append(target.name)
            (folder / "dependency").mkdir(parents=True)
            (folder / "dependency" / "__init__.py").touch()

        monkeypatch.setattr(bundle, "_install", install)
        return runs

    def test_second_build_installs_nothing(self, installed: list[str], tmp_path: Path) -> None:
        """`up` and `preview` evaluate the program each time; a build each time would be most of it."""
        source = _source(tmp_path, 1.0)
        first = build(source, LAMBDA, tmp_path / "cache")
        written = first.stat().st_mtime_ns
        began = time.perf_counter()

        assert build(source, LAMBDA, tmp_path / "cache") == first
        assert time.perf_counter() - began < 1  # reads a dozen small files
        assert first.stat().st_mtime_ns == written
        assert len(installed) == 1

    def test_touched_file_is_not_a_changed_one(self, installed: list[str], tmp_path: Path) -> None:
        """A fresh clone has other times and the same content."""
        source = _source(tmp_path, 1.0)
        first = build(source, LAMBDA, tmp_path / "cache")
        for path in source.rglob("*"):
            os.utime(path)

        assert build(source, LAMBDA, tmp_path / "cache") == first
        assert len(installed) == 1

    def test_old_packages_are_forgotten(self, installed: list[str], tmp_path: Path) -> None:
        """Live development makes a package with each save; nobody would ever clear them up."""
        source, cache = _source(tmp_path, 1.0), tmp_path / "cache"
        for number in range(KEPT + 2):
            (source / "logs.py").write_text(f"VERSION = {number}\n")
            newest = build(source, LAMBDA, cache)
            os.utime(newest, (number, number))

        assert len(list(cache.glob("*.zip"))) == KEPT
        assert newest.exists()
        assert len(installed) == 1

    @pytest.mark.parametrize("change", ["module", "new module", "renamed module", "requirements"])
    def test_changed_input_makes_another_package(self, change: str, installed: list[str], tmp_path: Path) -> None:
        """A stale package is the change that was deployed and did not happen."""
        source = _source(tmp_path, 1.0)
        first = build(source, LAMBDA, tmp_path / "cache")
        match change:
            case "module":
                (source / "routes.py").write_text((source / "routes.py").read_text() + "\n")
            case "new module":
                (source / "extra").mkdir()
                (source / "extra" / "more.py").touch()
            case "renamed module":
                (source / "logs.py").rename(source / "lines.py")
            case "requirements":
                (source / "requirements.txt").write_text("# another\n")
        second = build(source, LAMBDA, tmp_path / "cache")

        assert second != first
        assert len(installed) == (2 if change == "requirements" else 1)  # wheels change with the requirements only
        with zipfile.ZipFile(second) as archive:
            modules = {name: archive.read(name) for name in archive.namelist() if name.startswith("handler/")}
        assert modules == {
            path.relative_to(source.parent).as_posix(): path.read_bytes() for path in source.rglob("*.py")
        }

    def test_each_target_has_its_own_package(self, installed: list[str], tmp_path: Path) -> None:
        """The host's package on Lambda cannot load its compiled parts."""
        source = _source(tmp_path, 1.0)
        targets = [
            LAMBDA,
            Target(architecture="x86_64", python_version="3.13"),
            Target(architecture="arm64", python_version="3.12"),
            Target.host(),
        ]

        assert len({build(source, target, tmp_path / "cache") for target in targets}) == len(targets)
        assert len(set(installed)) == len(targets)

    def test_failed_build_leaves_nothing_behind(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Half a package in the cache would be taken for the whole next time."""

        def fail(*_: object) -> None:
            raise BundleError("no wheels")

        monkeypatch.setattr(bundle, "_install", fail)
        with pytest.raises(BundleError):
            build(_source(tmp_path, 1.0), LAMBDA, tmp_path / "cache")

        assert list((tmp_path / "cache").iterdir()) == []

    def test_package_without_requirements_holds_its_modules_only(self, installed: list[str], tmp_path: Path) -> None:
        """The triggers need the runtime and nothing else; what lies beside them is none of theirs."""
        package = build(ROOT / "triggers", LAMBDA, tmp_path / "cache")

        assert installed == []
        with zipfile.ZipFile(package) as archive:
            names = set(archive.namelist())
        assert names == {f"triggers/{path.name}" for path in (ROOT / "triggers").glob("*.py")}
        assert package.stat().st_size < 10_000

    def test_cache_of_the_repository_is_ignored_by_git(self) -> None:
        """Five megabytes in a commit stay forever."""
        assert ".build/" in (ROOT / ".gitignore").read_text().splitlines()


class TestRefused:
    def test_wrong_hash_is_refused_in_one_line(self, tmp_path: Path) -> None:
        """A wheel that is not the reviewed one must not reach the function; the operator reads which."""
        source = _source(tmp_path, 1.0)
        requirements = source / "requirements.txt"
        locked = requirements.read_text().partition("\npyjwt==")[2]
        version = locked.partition(" ")[0]
        requirements.write_text(f"pyjwt=={version} --hash=sha256:{'0' * 64}\n")

        with pytest.raises(BundleError) as refused:
            build(source, LAMBDA, tmp_path / "cache")
        message = str(refused.value)
        assert message.startswith(f"the wheels for {LAMBDA.name} must install from {requirements}, got: ")
        assert "pyjwt" in message
        assert "\n" not in message

    def test_source_distribution_is_refused_unbuilt(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Building one runs its own code here, with the rights of whoever deploys."""
        ran = tmp_path / "ran"
        project = {
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n'
            '[project]\nname = "sneaky"\nversion = "1.0"\n',
            "build.py": f"open({str(ran)!r}, 'w').close()\n",
            "PKG-INFO": "Metadata-Version: 2.1\nName: sneaky\nVersion: 1.0\n",
        }
        (tmp_path / "sneaky-1.0").mkdir()
        for name, text in project.items():
            (tmp_path / "sneaky-1.0" / name).write_text(text)
        found = Path(shutil.make_archive(str(tmp_path / "sneaky-1.0"), "gztar", tmp_path, "sneaky-1.0"))
        source = _source(tmp_path, 1.0)
        digest = hashlib.sha256(found.read_bytes()).hexdigest()
        (source / "requirements.txt").write_text(f"sneaky==1.0 --hash=sha256:{digest}\n")
        monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
        monkeypatch.setenv("UV_NO_INDEX", "1")

        with pytest.raises(BundleError, match="sneaky"):
            build(source, LAMBDA, tmp_path / "cache")
        assert not ran.exists()

    def test_requirement_without_a_hash_is_refused(self, tmp_path: Path) -> None:
        """One line without is one package that anybody may replace."""
        source = _source(tmp_path, 1.0)
        (source / "requirements.txt").write_text("pyjwt==2.15.1\n")

        with pytest.raises(BundleError, match="pyjwt"):
            build(source, LAMBDA, tmp_path / "cache")
