"""Batches as the networks see them: kept patches and crops, laid another way, of another tone, each time anew. On any device."""

import math

import torch
from torch.nn import functional

from common.data import CLASSES, FLIPPED

from .nets import CELL, Look
from .samples import DOUBTFUL, KEPT, KEPT_SPAN, MARKER, ROOM

PATCH = 160


def uniform(n: int, low: float, high: float, at) -> torch.Tensor:
    """(n, 1, 1) random numbers."""
    return torch.rand(n, 1, 1, device=at) * (high - low) + low


def chance(n: int, p: float, at) -> torch.Tensor:
    """(n, 1, 1) true with probability p."""
    return torch.rand(n, 1, 1, device=at) < p


def tone(x: torch.Tensor) -> torch.Tensor:
    """Exposure, processing, sharpness and noise of other makers; a share is shown as its negative. (n, h, w) in 0..1."""
    n, at = len(x), x.device
    x = sharpened(x)
    gamma = torch.exp(torch.randn(n, 1, 1, device=at) * 0.45)
    x = torch.where(chance(n, 0.8, at), x.clamp(1e-4, 1) ** gamma, x)
    shaped = (x - 0.5) * uniform(n, 0.55, 1.4, at) + 0.5 + uniform(n, -0.2, 0.2, at)
    x = torch.where(chance(n, 0.6, at), shaped, x)
    # The batch comes in no order: its first tenths are blurred, each by its own width.
    tenth = max(1, n // 10)
    parts = [blurred(x[k * tenth:(k + 1) * tenth], float(torch.rand(()) + 0.3)) for k in range(3)]
    x = torch.cat([*parts, x[3 * tenth:]])
    x = x + torch.randn_like(x) * uniform(n, 0.002, 0.035, at) * chance(n, 0.5, at)
    x = torch.where(chance(n, 0.06, at), 1 - x, x)
    return x.clamp(0, 1)


def sharpened(x: torch.Tensor) -> torch.Tensor:
    """Halos of edge enhancement about what is dense, on three eighths of (n, h, w), each eighth by its own width."""
    eighth = max(1, len(x) // 8)
    order = torch.randperm(len(x), device=x.device)
    x = x[order]
    parts = []
    for k in range(3):
        part = x[k * eighth:(k + 1) * eighth]
        edges = part - blurred(part, float(torch.rand(())) * 2.5 + 0.6)
        parts.append((part + edges * uniform(len(part), 0.3, 2.5, x.device)).clamp(0, 1))
    out = torch.empty_like(x)
    out[order] = torch.cat([*parts, x[3 * eighth:]])
    return out


def blurred(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur of (n, h, w)."""
    reach = torch.arange(-4, 5, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-(reach**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum())[None, None]
    x = functional.pad(x[:, None], (4, 4, 4, 4), mode="replicate")
    return functional.conv2d(functional.conv2d(x, kernel[..., None]), kernel[:, :, None])[:, 0]


def patches(kept: torch.Tensor, boxes: torch.Tensor, blind: torch.Tensor):
    """(n, ROOM, ROOM) uint8, (n, k, 6), (n,) → (n, 1, PATCH, PATCH), target (n, 5, m, m), weights (n, 2, m, m)."""
    n, at = len(kept), kept.device
    boxes = boxes.clone()
    ox, oy = (torch.randint(0, ROOM - PATCH + 1, (n,), device=at) for _ in range(2))
    boxes[:, :, 0] -= ox[:, None]
    boxes[:, :, 1] -= oy[:, None]
    along = torch.arange(PATCH, device=at)
    turned = torch.rand(n, device=at) < 0.4
    mirrored, upside = torch.rand(n, device=at) < 0.5, turned & (torch.rand(n, device=at) < 0.5)
    columns = torch.where(mirrored[:, None], PATCH - 1 - along, along) + ox[:, None]
    rows = torch.where(upside[:, None], PATCH - 1 - along, along) + oy[:, None]
    x = kept[torch.arange(n, device=at)[:, None, None], rows[:, :, None], columns[:, None, :]].float() / 255
    boxes[:, :, 0] = torch.where(mirrored[:, None], PATCH - boxes[:, :, 0], boxes[:, :, 0])
    boxes[:, :, 1] = torch.where(upside[:, None], PATCH - boxes[:, :, 1], boxes[:, :, 1])
    across = turned & (torch.rand(n, device=at) < 0.5)
    x = torch.where(across[:, None, None], x.transpose(1, 2), x)
    boxes = torch.where(across[:, None, None], boxes[:, :, [1, 0, 3, 2, 4, 5]], boxes)
    target, weights = targets(boxes, blind)
    return tone(x)[:, None], target, weights


def targets(boxes: torch.Tensor, blind: torch.Tensor):
    """Target and weight maps of patches. An image without truth teaches mostly what was drawn on it."""
    m = PATCH // CELL
    x, y, w, h, kind = (boxes[:, :, i, None, None] for i in range(5))
    cells = torch.arange(m, device=boxes.device) + 0.5
    columns, rows = cells[None, None, None, :], cells[None, None, :, None]
    u, v = x / CELL, y / CELL
    known = w > 0
    size = torch.where(known, torch.maximum(w, h), torch.full_like(w, 28.0))
    j, i = torch.floor(u), torch.floor(v)
    inside = (kind == MARKER) & (i >= 0) & (i < m) & (j >= 0) & (j < m)
    spread = (0.12 * size / CELL).clamp(min=0.6)
    from_cell = (columns - j - 0.5) ** 2 + (rows - i - 0.5) ** 2
    blob = torch.exp(-from_cell / (2 * spread**2)) * inside
    centre = (from_cell < 0.01) & inside
    reach = size / CELL * 0.6 + 1
    doubtful = ((kind == DOUBTFUL) & ((columns - u) ** 2 + (rows - v) ** 2 < reach**2)).any(1)
    target = torch.zeros(len(boxes), 5, m, m, device=boxes.device)
    target[:, 0] = torch.where(centre.any(1), torch.ones(()).to(boxes.device), blob.amax(1).clamp(max=0.998))
    weights = torch.zeros(len(boxes), 2, m, m, device=boxes.device)
    weights[:, 0] = torch.where(blind[:, None, None], 0.3, 1.0)
    weights[:, 0] = torch.where(doubtful, 0.0, weights[:, 0])
    weights[:, 0] = torch.where(centre.any(1), 1.0, weights[:, 0])
    near = inside & (((columns - j - 0.5).abs() < 1.1) & ((rows - i - 0.5).abs() < 1.1) & (spread > 0.9) | centre)
    owner = torch.where(near, from_cell, torch.full_like(from_cell, 1e9)).argmin(1, keepdim=True)
    pick = lambda t: t.expand_as(near).gather(1, owner)[:, 0]  # noqa: E731
    target[:, 1], target[:, 2] = pick(u - columns), pick(v - rows)
    target[:, 3], target[:, 4] = (pick(torch.log(s.clamp(min=2.0) / CELL)) for s in (w, h))
    weights[:, 1] = near.any(1) & pick(known)
    return target, weights


def crops(kept: torch.Tensor, allowed: torch.Tensor, look: Look, loose: float = 1.0):
    """(n, KEPT, KEPT) uint8, (n,) bits → (n, 1, crop, crop), allowed (n, 6) of 0 and 1."""
    n, at = len(kept), kept.device
    # From the close look to the wide one, and a finder's errors about either.
    narrow = math.log(look.close / look.widest)
    spread = torch.exp(torch.rand(n, device=at) * narrow + torch.randn(n, device=at) * 0.12 * loose) * look.widest / KEPT_SPAN
    nothing = allowed == 1
    # Parts of what is no marker are none: a place left doubtful is read in parts (`parts.py`).
    part = torch.where(nothing & (torch.rand(n, device=at) < 0.35), torch.rand(n, device=at) * 0.6 + 0.4, torch.ones(n, device=at))
    spread = spread * part
    angle = torch.deg2rad(torch.where(nothing & (torch.rand(n, device=at) < 0.6), torch.rand(n, device=at) * 360, torch.randn(n, device=at) * 8 * loose))
    mirrored = torch.rand(n, device=at) < 0.5
    c, s = torch.cos(angle) * spread, torch.sin(angle) * spread
    sign = torch.where(mirrored, -1.0, 1.0)
    off = torch.randn(n, 2, device=at) * 0.09 * loose * look.widest / KEPT_SPAN
    # `part` of a box leaves so much of it for the middle to move in.
    off = off + (torch.rand(n, 2, device=at) * 2 - 1) * ((1 - part) / KEPT_SPAN)[:, None]
    turn = torch.stack([torch.stack([sign * c, -s, off[:, 0]], 1), torch.stack([sign * s, c, off[:, 1]], 1)], 1)
    grid = functional.affine_grid(turn, (n, 1, look.crop, look.crop), align_corners=False)
    x = functional.grid_sample(kept[:, None].float() / 255, grid, padding_mode="border", align_corners=False)
    table = (allowed[:, None] >> torch.arange(len(CLASSES), device=at)) & 1
    table = torch.where(mirrored[:, None], table[:, FLIPPED], table)
    return tone(x[:, 0])[:, None], table.float()
