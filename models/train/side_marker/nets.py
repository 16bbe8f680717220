"""The three networks: one finds where a marker may stand, one reads a small square about it, one reads again what the first
reader did not rule out."""

from dataclasses import dataclass

import torch
from torch import nn

# Pixels of the input a cell of the finder's map covers.
CELL = 8


@dataclass(frozen=True)
class Look:
    """How a reader looks at a place: the side of its crop in pixels, its looks (how many times the longer side of the found box a
    crop spans, and whether as in a mirror), and how wide the widest crop is that it learns from."""

    crop: int
    widest: float
    looks: tuple[tuple[float, bool], ...]

    @property
    def span(self) -> float:
        """Of its wide looks."""
        return max(span for span, _ in self.looks)

    @property
    def close(self) -> float:
        """Of its close looks."""
        return min(span for span, _ in self.looks)


READER = Look(48, 2.4, ((2.4, False), (1.8, True)))
# Its first look is enough for most places.
SECOND = Look(64, 3.2, ((1.8, False), (1.8, True), (2.5, False), (2.5, True)))


def conv(n_in: int, n_out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))


def down(n_in: int, n_out: int) -> nn.Sequential:
    """Half the size: a depthwise, then a pointwise convolution."""
    return nn.Sequential(conv(n_in, n_in, 3, 2, groups=n_in), conv(n_in, n_out, 1))


class Apart(nn.Module):
    """A depthwise then pointwise convolution with a shortcut."""

    def __init__(self, n: int, kernel: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(n, n, kernel, groups=n), conv(n, n, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape kept."""
        return x + self.body(x)


class Finder(nn.Module):
    """(n, 1, h, w) in 0..1, h and w multiples of 32 → (n, 5, h / 8, w / 8): logit of a centre, its offset in the cell
    (x, y in cells, from the cell's middle), log of the letter's width and height in cells."""

    def __init__(self) -> None:
        super().__init__()
        # Widths are multiples of 16, which the runtime's blocked layout needs on every processor.
        self.at4 = nn.Sequential(
            nn.Conv2d(1, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), down(16, 32), Apart(32))
        self.at8 = nn.Sequential(down(32, 64), Apart(64), Apart(64))
        self.at16 = nn.Sequential(conv(64, 96, 3, 2), Apart(96, 5), Apart(96), Apart(96), Apart(96))
        self.at32 = nn.Sequential(conv(96, 128, 3, 2), Apart(128, 5), Apart(128, 5), Apart(128))
        self.from32, self.from16, self.from8 = conv(128, 64, 1), conv(96, 64, 1), conv(64, 64, 1)
        self.mix16, self.mix8 = Apart(64), nn.Sequential(Apart(64), Apart(64))
        self.head = nn.Sequential(conv(64, 64, 1), nn.Conv2d(64, 5, 1))
        nn.init.constant_(self.head[-1].bias, 0.0)
        with torch.no_grad():
            self.head[-1].bias[0] = -4.0
            self.head[-1].bias[3:] = 1.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        a8 = self.at8(self.at4(x - 0.5))
        a16 = self.at16(a8)
        b = self.from32(self.at32(a16))
        b = self.mix16(nn.functional.interpolate(b, scale_factor=2.0, mode="nearest") + self.from16(a16))
        b = self.mix8(nn.functional.interpolate(b, scale_factor=2.0, mode="nearest") + self.from8(a8))
        return self.head(b)


class Reader(nn.Module):
    """(n, 1, 48, 48) in 0..1 → (n, 6) logits in the order of `CLASSES`."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w = width
        self.body = nn.Sequential(
            conv(1, w), conv(w, w, 3, 2), Residual(w), conv(w, 2 * w, 3, 2), Residual(2 * w), Residual(2 * w),
            conv(2 * w, 4 * w, 3, 2), Residual(4 * w), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.1))
        self.last = nn.Linear(16 * w, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.last(self.body(own_tone(x, 0.03)))


class Second(nn.Module):
    """(n, 1, 64, 64) in 0..1 → (n, 6) logits in the order of `CLASSES`. It halves the crop before it does anything else: less
    work a crop than `Reader`, and more of what stands beside a letter."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        w = width
        self.body = nn.Sequential(
            conv(1, w, 3, 2), conv(w, 2 * w, 3, 2), Residual(2 * w), conv(2 * w, 4 * w, 3, 2), Residual(4 * w), Residual(4 * w),
            conv(4 * w, 8 * w, 3, 2), Residual(8 * w), Residual(8 * w), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.1))
        self.last = nn.Linear(32 * w, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.last(self.body(own_tone(x, 0.1)))


def own_tone(x: torch.Tensor, least: float) -> torch.Tensor:
    """A crop without its own mean and spread; a spread far below `least` stays visible as such."""
    mean = x.mean((1, 2, 3), keepdim=True)
    spread = ((x - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
    return (x - mean) / (spread + least)


class Residual(nn.Module):
    """Two convolutions with a shortcut."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(n, n), nn.Conv2d(n, n, 3, 1, 1, bias=False), nn.BatchNorm2d(n))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape kept."""
        return torch.relu(x + self.body(x))


class ReaderMap(nn.Module):
    """A reader with probabilities."""

    def __init__(self, reader: Reader | Second) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 6), each row sums to 1."""
        return torch.softmax(self.reader(x), 1)


class FinderMap(nn.Module):
    """The finder with its first channel as probability."""

    def __init__(self, finder: Finder) -> None:
        super().__init__()
        self.finder = finder

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 5, h / 8, w / 8)."""
        out = self.finder(x)
        return torch.cat([torch.sigmoid(out[:, :1]), out[:, 1:]], 1)
