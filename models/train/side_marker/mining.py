"""What the readers must tell apart: the places that a trained finder proposes in the patches, each with what stands there."""

import torch
from torch.nn import functional

from common.data import BACKGROUND

from .augment import PATCH, tone
from .nets import CELL
from .samples import DOUBTFUL, KEPT, KEPT_SPAN, ROOM, WORDS

# Peaks of a patch that are looked at, and the least probability of one.
PEAKS, LEAST = 6, 0.02


@torch.no_grad()
def proposals(finder, kept: torch.Tensor):
    """(n, ROOM, ROOM) uint8 → the middle squares (n, PATCH, PATCH), and of each peak: its patch, x, y, longer side."""
    margin = (ROOM - PATCH) // 2
    x = kept[:, margin:margin + PATCH, margin:margin + PATCH].float() / 255
    out = finder(tone(x)[:, None]).float()
    p = torch.sigmoid(out[:, 0])
    top = functional.max_pool2d(p[:, None], 3, 1, 1)[:, 0]
    value, cell = torch.where((p == top) & (p >= LEAST), p, torch.zeros_like(p)).flatten(1).topk(PEAKS, 1)
    which, rank = torch.nonzero(value > 0, as_tuple=True)
    cell = cell[which, rank]
    i, j = cell // p.shape[2], cell % p.shape[2]
    said = out[which, :, i, j]
    at_x, at_y = (j + 0.5 + said[:, 1].clamp(-2, 2)) * CELL, (i + 0.5 + said[:, 2].clamp(-2, 2)) * CELL
    size = torch.exp(said[:, 3:5].clamp(-1.5, 3.2)).amax(1) * CELL
    return x, which, at_x, at_y, size


def truth(boxes: torch.Tensor, blind: torch.Tensor, x, y, size):
    """Bits of the classes at a place given the boxes (n, k, 6) of its patch; 0 where nobody can say."""
    margin = (ROOM - PATCH) // 2
    bx, by, w, h, kind, allowed = boxes.unbind(2)
    side = torch.maximum(w, h)
    side = torch.where(side > 0, side, torch.full_like(side, 28.0))
    away = torch.hypot(bx - margin - x[:, None], by - margin - y[:, None])
    away = torch.where(kind > 0, away, torch.full_like(away, 1e9))
    size = size[:, None]
    # A found box that also holds the initials is still the marker's.
    holds = (away < 0.42 * torch.maximum(side, size.clamp(max=1e3).minimum(2.2 * side))) & (size > 0.5 * side) & (size < 2.4 * side)
    # One letter of a word is no marker either.
    holds |= (kind == WORDS) & (away < 0.5 * side) & (size < 2.4 * side)
    # Markers before words, near before far.
    order = torch.where(holds, away / side + 10.0 * (kind == WORDS), torch.full_like(away, 1e9))
    best, which = order.min(1)
    pick = lambda t: t.gather(1, which[:, None])[:, 0]  # noqa: E731
    here = pick(allowed).long() | torch.where(pick(kind) == DOUBTFUL, 1 << BACKGROUND, 0)
    nothing = ((away / side).amin(1) > 1.4) & ~blind
    return torch.where(best < 1e8, here, torch.where(nothing, 1 << BACKGROUND, 0))


@torch.no_grad()
def mine(finder, columns: list[torch.Tensor], most: int, batch: int = 512):
    """Crops (m, KEPT, KEPT) uint8 and bits of the places proposed in up to `most` patches, first markers, then nothings."""
    kept, boxes, blind = columns
    crops, labels = [], []
    for start in range(0, min(most, len(kept)), batch):
        part = slice(start, min(start + batch, most))
        at = next(finder.parameters()).device
        square, which, x, y, size = proposals(finder, kept[part].to(at))
        bits = truth(boxes[part].to(at)[which], blind[part].to(at)[which], x, y, size)
        good = (bits > 0) & (2 * size < PATCH)
        which, x, y, size, bits = which[good], x[good], y[good], size[good], bits[good]
        if not len(which):
            continue
        half = size * KEPT_SPAN / PATCH
        nought = torch.zeros_like(half)
        turn = torch.stack([torch.stack([half, nought, 2 * x / PATCH - 1], 1), torch.stack([nought, half, 2 * y / PATCH - 1], 1)], 1)
        grid = functional.affine_grid(turn, (len(which), 1, KEPT, KEPT), align_corners=False)
        crop = functional.grid_sample(square[which][:, None], grid, padding_mode="border", align_corners=False)
        crops.append((crop[:, 0] * 255 + 0.5).to(torch.uint8).to(kept.device))
        labels.append(bits.to(kept.device))
    if not crops:
        return ((kept.new_zeros(0, KEPT, KEPT), kept.new_zeros(0, dtype=torch.long)),) * 2
    crops, labels = torch.cat(crops), torch.cat(labels)
    nothing = labels == 1 << BACKGROUND
    return (crops[~nothing], labels[~nothing]), (crops[nothing], labels[nothing])
