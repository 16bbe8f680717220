"""Fonts of many foundries, from Debian packages (`setup.sh` installs them; NOTICE names their licences)."""

import subprocess
from functools import lru_cache

from PIL import ImageFont

# Families whose capital L and R are no plain letters.
STRANGE = ("symbol", "dingbat", "d050000l", "math", "emoji", "signwriting", "standardsymbols", "stixsiz", "isabella",
           "var", "integrals", "nonuni", "lilyglyph", "initials", "keyboard", "linbiolinum_k")


@lru_cache(maxsize=1)
def latin() -> list[str]:
    """Files with the Latin capitals, one family weighed by all its cuts."""
    files = subprocess.run(["fc-list", ":lang=en", "--format=%{file}\n"], text=True, capture_output=True, check=True).stdout.split("\n")
    good = sorted({f for f in files if f.endswith((".ttf", ".otf")) and not any(s in f.lower().rsplit("/", 1)[-1] for s in STRANGE)})
    if len(good) < 60:
        raise RuntimeError("fonts are missing: run models/train/setup.sh")
    return good


@lru_cache(maxsize=1)
def chinese() -> list[str]:
    """Files with 左 and 右."""
    files = subprocess.run(["fc-list", ":lang=zh-cn", "--format=%{file}\n"], text=True, capture_output=True, check=True).stdout.split("\n")
    return sorted({f for f in files if f.endswith((".ttf", ".otf", ".ttc"))})


@lru_cache(maxsize=4096)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """A font at a size in pixels."""
    return ImageFont.truetype(path, size)
