"""Packages from PyPI for one test, in a folder of its own. Used by the Python tests that drive Nova by a program of others."""

import os
import subprocess
import venv

INSTALL_LIMIT_S = 240
SKIPPED = 77  # the status of a test whose packages cannot be had


def installed(folder, package):
    """The folder of their programs, python3 among them; None, with the reason printed, when they cannot be had."""
    stamp = os.path.join(folder, package)
    if os.path.exists(stamp):
        return f"{folder}/bin"
    try:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "--disable-pip-version-check", package],
                       check=True, capture_output=True, text=True, timeout=INSTALL_LIMIT_S)
    except (OSError, subprocess.SubprocessError) as e:
        print(f"skipped: {package} cannot be installed: {e} {getattr(e, 'stderr', '') or ''}")
        return None
    with open(stamp, "w", encoding="ascii"):
        return f"{folder}/bin"
