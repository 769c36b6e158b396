"""The embedder: a crop in, a direction in 128 dimensions out; the same product, the same direction.

Trained to tell a few hundred packs apart, used on packs it never saw: what it learns is what makes
packs differ. A pack has sides that share nothing, so each class owns several centres and a view needs
to be near one of them.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .backbone import Conv, Lite0, imagenet_weights

SIZE, DIMENSIONS = 128, 128


class Embedder(nn.Module):
    def __init__(self, pretrained=True):
        super().__init__()
        self.backbone = Lite0(pretrained=pretrained)
        self.head = Conv(320, 1280, 1)
        self.project = nn.Conv2d(1280, DIMENSIONS, 1)
        if pretrained:
            self.head.load_folded(imagenet_weights(), "_conv_head", "_bn1")

    def forward(self, x):
        """Normalised NCHW crops -> unit vectors [N,128]."""
        pooled = self.head(self.backbone(x)[0]).mean((2, 3), keepdim=True)
        return F.normalize(self.project(pooled).flatten(1).float(), dim=1)


class Served(nn.Module):
    outputs = ("embedding",)

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


class Centres(nn.Module):
    """Sub-centre softmax with a cosine margin: similarity to a class is that of its nearest centres."""

    def __init__(self, classes, centres=4, scale=24.0, margin=0.15):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, centres, DIMENSIONS))
        self.scale, self.margin = scale, margin

    def forward(self, embedding, label):
        cosine = torch.einsum("nd,ckd->nck", embedding, F.normalize(self.weight, dim=2))
        similarity = torch.logsumexp(cosine * 16.0, dim=2) / 16.0
        similarity = similarity - self.margin * F.one_hot(label, similarity.shape[1])
        return F.cross_entropy(similarity * self.scale, label, label_smoothing=0.02), \
            (similarity.argmax(1) == label).float().mean()
