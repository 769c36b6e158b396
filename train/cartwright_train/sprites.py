"""Cut-out pictures of things (RGBA), the material that the compositor pastes.

Packs are drawn from their mesh and texture by splatting points: a third of a million points on the surface,
coloured from the texture, turned, projected, nearest wins. Slow but small, and only done once: the
sprites of a pack are kept in the cache folder under the hash of what they were made from.
"""

import hashlib
from pathlib import Path

import cv2
import numpy as np

VIEW = 224  # longest side of a sprite, px


def read_mesh(path):
    """Triangles of an OBJ: corners [T,3,3], texture coordinates [T,3,2]."""
    points, uvs, faces = [], [], []
    for line in Path(path).read_text().splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            points.append([float(w) for w in words[1:4]])
        elif words[0] == "vt":
            uvs.append([float(w) for w in words[1:3]])
        elif words[0] == "f":
            corners = [[int(i) if i else 0 for i in (w + "//").split("/")[:2]] for w in words[1:]]
            faces += [(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1)]
    points, uvs = np.array(points, np.float32), np.array(uvs or [[0, 0]], np.float32)
    index = np.array(faces)
    index = np.where(index > 0, index - 1, index)
    return points[index[..., 0]], uvs[index[..., 1]]


class Surface:
    """Points on a pack's surface with their colours and normals, centred, longest side 1."""

    def __init__(self, mesh, texture, rng, count=350_000):
        corners, uvs = read_mesh(mesh)
        low, high = corners.min((0, 1)), corners.max((0, 1))
        corners = (corners - (low + high) / 2) / (high - low).max()
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(cross, axis=1)
        which = rng.choice(len(area), count, p=area / area.sum())
        a, b = np.sqrt(rng.random((count, 1), np.float32)), rng.random((count, 1), np.float32)
        weights = np.stack([1 - a, a * (1 - b), a * b], 1)
        self.points = (corners[which] * weights).sum(1)
        self.normals = cross[which] / np.maximum(area[which, None], 1e-12)
        uv = (uvs[which] * weights).sum(1)
        picture = cv2.cvtColor(cv2.imread(str(texture)), cv2.COLOR_BGR2RGB)
        # texels about as large as the sprite's pixels, so that small print blurs instead of sparkling
        shrink = min(1.0, 1024 / max(picture.shape[:2]))
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        h, w = picture.shape[:2]
        cols = np.clip((uv[:, 0] % 1.0001) * w, 0, w - 1).astype(int)
        rows = np.clip((1 - uv[:, 1] % 1.0001) * h, 0, h - 1).astype(int)
        self.colours = picture[rows, cols]

    def draw(self, rng):
        """One random view: any orientation, some perspective, one lamp."""
        q = rng.normal(size=4)
        w, x, y, z = q / np.linalg.norm(q)
        turn = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                         [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                         [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]], np.float32)
        points, normals = self.points @ turn.T, self.normals @ turn.T
        distance = rng.uniform(1.4, 5.0)
        depth = distance - points[:, 2]
        flat = points[:, :2] / depth[:, None]
        facing = (normals[:, :2] * flat).sum(1) * -1 + normals[:, 2] > 0
        flat, depth, normals, colours = flat[facing], depth[facing], normals[facing], self.colours[facing]
        low, high = flat.min(0), flat.max(0)
        scale = 2 * VIEW / (high - low).max()
        width, height = (np.ceil((high - low) * scale).astype(int) + 2)
        cols = ((flat[:, 0] - low[0]) * scale).astype(int)
        rows = ((high[1] - flat[:, 1]) * scale).astype(int)
        order = np.argsort(-depth)
        lamp = rng.normal(size=3) + [0, 0.6, 1.0]
        lamp /= np.linalg.norm(lamp)
        shade = rng.uniform(0.45, 0.8) + rng.uniform(0.3, 0.6) * np.clip(normals @ lamp, 0, 1)
        canvas = np.zeros((height, width, 4), np.uint8)
        rgba = np.empty((len(cols), 4), np.uint8)
        rgba[:, :3] = np.clip(colours * shade[:, None], 0, 255)
        rgba[:, 3] = 255
        canvas[rows[order], cols[order]] = rgba[order]
        return tidy(canvas)


def tidy(canvas):
    """Fill the pinholes between points, halve, and give the edge one pixel of softness."""
    solid = cv2.morphologyEx(canvas[..., 3], cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    known = (canvas[..., 3] > 0).astype(np.float32)
    weight = cv2.GaussianBlur(known, (0, 0), 1.5)
    filled = cv2.GaussianBlur(canvas[..., :3].astype(np.float32) * known[..., None], (0, 0), 1.5)
    filled /= np.maximum(weight, 1e-3)[..., None]
    rgb = np.where(known[..., None] > 0, canvas[..., :3], filled).astype(np.uint8)
    out = cv2.resize(np.dstack([rgb, solid]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return out


def pack_sprites(folder, views, cache, seed):
    """`views` sprites of a scanned or own-brand pack, from the cache if they are there."""
    folder = Path(folder)
    texture = next(folder / f"texture.{e}" for e in ("jpg", "png") if (folder / f"texture.{e}").exists())
    digest = hashlib.sha256((folder / "mesh.obj").read_bytes() + texture.read_bytes()
                            + f"{views} {seed} {VIEW}".encode()).hexdigest()[:16]
    kept = Path(cache) / "sprites" / f"{folder.name}-{digest}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([seed, int(digest[:8], 16)])
        surface = Surface(folder / "mesh.obj", texture, rng)
        encoded = {f"{i:03}": cv2.imencode(".png", surface.draw(rng))[1] for i in range(views)}
        np.savez(kept, **encoded)
    with np.load(kept) as stored:
        return [stored[name] for name in sorted(stored)]


def decode(sprite):
    return cv2.imdecode(sprite, cv2.IMREAD_UNCHANGED)


def studio_sprites(folder):
    """GroceryStore's studio pictures, cut from their white ground."""
    found = []
    for path in sorted(Path(folder).glob("iconic-images-and-descriptions/**/*_Iconic.jpg")):
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        scale = VIEW / max(picture.shape[:2])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        ground = np.zeros(picture.shape[:2], np.uint8)
        flood = np.zeros((picture.shape[0] + 2, picture.shape[1] + 2), np.uint8)
        h, w = ground.shape
        for x, y in [(0, 0), (w - 1, 0), (0, h - 1), (w - 1, h - 1), (w // 2, 0), (w // 2, h - 1), (0, h // 2), (w - 1, h // 2)]:
            if picture[y, x].min() > 235:
                cv2.floodFill(picture.copy(), flood, (x, y), 0, (6,) * 3, (6,) * 3,
                              cv2.FLOODFILL_MASK_ONLY | (255 << 8) | 4)
        solid = cv2.erode(255 - flood[1:-1, 1:-1], np.ones((3, 3), np.uint8))
        ys, xs = np.nonzero(solid)
        if 0.1 < (solid > 0).mean() < 0.95:
            sprite = np.dstack([picture, solid])[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
            found.append(cv2.imencode(".png", sprite)[1])
    return found
