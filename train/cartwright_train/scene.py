"""A 2-D compositor: pictures of things being handled that no renderer of ours would make.

Grounds, things and hands are drawn or cut out at random, pasted back to front, lit, blurred and
compressed; since the compositor knows which pixel belongs to whom, the boxes are exact. It buys
breadth (loose fruit, bottles, bare hands, sleeves, clutter, real shop backgrounds), not realism.

Everything random comes from the numpy Generator passed in.
"""

import cv2
import numpy as np

from .sprites import decode

HAND = 1000  # ids from here on are hands
NOBODY = 0
HIDDEN = 9999  # sleeves: they cover, and are nobody


def smooth_noise(rng, height, width, cells, channels=1):
    small = rng.random((cells + 1, cells + 1, channels), np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)


def colour(rng, low=0, high=255):
    return rng.uniform(low, high, 3).astype(np.float32)


class Canvas:
    """The picture so far and, for each pixel, whose it is; `area` remembers what each drew, hidden or not."""

    def __init__(self, picture):
        self.picture = picture.astype(np.float32)
        self.owner = np.zeros(picture.shape[:2], np.int32)
        self.area, self.full = {}, {}

    def paste(self, rgb, alpha, x, y, who, shadow=0.0):
        """rgb [h,w,3], alpha [h,w] 0..1 at (x, y); parts outside the canvas are cut off."""
        height, width = self.owner.shape
        x, y, (h, w) = int(x), int(y), alpha.shape
        self.area[who] = self.area.get(who, 0) + int((alpha > 0.3).sum())
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
        if x0 >= x1 or y0 >= y1:
            return
        if shadow > 0:
            self.cast(alpha, x, y, shadow)
        part = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
        target = (slice(y0, y1), slice(x0, x1))
        a = alpha[part][..., None]
        self.picture[target] = self.picture[target] * (1 - a) + rgb[part] * a
        self.owner[target][alpha[part] > 0.3] = who

    def cast(self, alpha, x, y, strength):
        pad = max(4, alpha.shape[1] // 6)
        soft = cv2.GaussianBlur(np.pad(alpha, pad), (0, 0), pad / 2.5) * strength
        height, width = self.owner.shape
        x, y = x - pad + pad // 3, y - pad + pad // 2
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + soft.shape[1], width), min(y + soft.shape[0], height)
        if x0 < x1 and y0 < y1:
            self.picture[y0:y1, x0:x1] *= 1 - soft[y0 - y:y1 - y, x0 - x:x1 - x, None]

    def boxes(self):
        """[(who, x0, y0, x1, y1, visible share)] of all that can be seen."""
        found = []
        for who in self.area:
            ys, xs = np.nonzero(self.owner == who)
            if who != HIDDEN and len(ys) >= 12:
                found.append((who, int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1,
                              len(ys) / max(self.area[who], 1)))
        return found


def ground(rng, height, width, photos):
    """Shop photographs, plain surfaces, gradients, wire, tiles."""
    kind = rng.random()
    if kind < 0.35 and photos:
        picture = photos(rng)
        crop = rng.uniform(0.4, 1.0)
        h, w = (int(s * crop) for s in picture.shape[:2])
        y, x = rng.integers(0, picture.shape[0] - h + 1), rng.integers(0, picture.shape[1] - w + 1)
        out = cv2.resize(picture[y:y + h, x:x + w], (width, height)).astype(np.float32)
        if rng.random() < 0.75:  # real things in the ground are nobody's: mostly out of focus
            out = cv2.GaussianBlur(out, (0, 0), rng.uniform(3.0, 9.0))
    else:
        base = np.full(3, rng.uniform(20, 245), np.float32) + rng.normal(0, 14, 3) if rng.random() < 0.7 else colour(rng)
        noise = smooth_noise(rng, height, width, int(rng.integers(1, 7))) - 0.5
        out = np.clip(base + noise * rng.uniform(0, 90), 0, 255).astype(np.float32)
        out = np.broadcast_to(out, (height, width, 3)).copy()
        if rng.random() < 0.5:  # a table edge, a wall, a shelf: a half plane of another tone
            angle, at = rng.uniform(-0.25, 0.25) + (np.pi / 2 if rng.random() < 0.25 else 0), rng.uniform(0.1, 0.9)
            ys, xs = np.mgrid[0:height, 0:width]
            side = (ys - at * height) * np.cos(angle) + (xs - at * width) * np.sin(angle) > 0
            out[side] = np.clip(out[side] + rng.normal(0, 45) + rng.normal(0, 8, 3), 0, 255)
    if rng.random() < 0.3:
        lattice(rng, out)
    if rng.random() < 0.25:
        for _ in range(rng.integers(1, 6)):
            p, q = rng.integers(0, [width, height], (2, 2))
            cv2.line(out, p.tolist(), q.tolist(), colour(rng).tolist(), int(rng.integers(1, 14)), cv2.LINE_AA)
    return out


def lattice(rng, out):
    """Wires of a basket, or tiles: two families of parallel lines."""
    height, width = out.shape[:2]
    tone, thick = np.clip(np.full(3, rng.uniform(60, 250)) + rng.normal(0, 15, 3), 0, 255).tolist(), int(rng.integers(1, 4))
    angle = rng.uniform(0, np.pi)
    for turn in (angle, angle + rng.uniform(1.2, 1.9)):
        gap, d = rng.uniform(9, 45), np.array([np.cos(turn), np.sin(turn)])
        normal, reach = np.array([-d[1], d[0]]), np.hypot(height, width)
        for k in np.arange(-reach / 2, reach / 2, gap):
            mid = np.array([width / 2, height / 2]) + normal * k
            a, b = mid - d * reach, mid + d * reach
            cv2.line(out, a.astype(int).tolist(), b.astype(int).tolist(), tone, thick, cv2.LINE_AA)


def place(rng, rgba, size, roll=True):
    """A sprite scaled to `size` px on its longer side, rolled and lit: (rgb float, alpha 0..1)."""
    scale = size / max(rgba.shape[:2])
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    rgba = cv2.resize(rgba, None, fx=scale * rng.uniform(0.92, 1.08), fy=scale, interpolation=mode)
    if roll:
        h, w = rgba.shape[:2]
        turn = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(0, 360) if rng.random() < 0.7 else rng.normal(0, 8), 1)
        reach = np.abs(turn[:, :2]) @ [w, h]
        turn[:, 2] += reach / 2 - [w / 2, h / 2]
        rgba = cv2.warpAffine(rgba, turn, reach.astype(int).tolist(), flags=cv2.INTER_LINEAR)
    return light(rng, rgba[..., :3].astype(np.float32)), rgba[..., 3].astype(np.float32) / 255


def light(rng, rgb):
    h, w = rgb.shape[:2]
    gain = rng.uniform(0.6, 1.25) * (1 + 0.07 * rng.normal(size=3))
    fall = 1 + rng.uniform(0, 0.5) * (smooth_noise(rng, h, w, 1) - 0.5)
    return np.clip(rgb * (gain * fall).astype(np.float32), 0, 255)


def photo_cutout(rng, photo):
    """A shop photograph's middle in the shape of a rounded box or an egg."""
    side = int(min(photo.shape[:2]) * rng.uniform(0.35, 0.8))
    y, x = ((s - side) // 2 for s in photo.shape[:2])
    ys, xs = np.abs(np.mgrid[-1:1:side * 1j, -1:1:side * 1j])
    stretch, power = rng.uniform(0.6, 1.0), rng.choice([2.0, 2.5, 8.0])
    shape = ((xs / stretch) ** power + ys ** power < 0.97).astype(np.uint8) * 255
    return np.dstack([photo[y:y + side, x:x + side], cv2.blur(shape, (3, 3))])


def vessel(rng):
    """A bottle, jar, can or tube: a turned profile, opaque or clear, with cap, label and highlights."""
    height, width = 224, int(rng.uniform(0.22, 0.62) * 224)
    width += width % 2
    t = np.linspace(0, 1, height)
    neck, shoulder = rng.uniform(0.25, 0.9), rng.uniform(0.12, 0.42)
    cap = rng.uniform(0.04, 0.12) if rng.random() < 0.8 else 0.0
    rise = np.clip((t - cap) / max(shoulder - cap, 0.02), 0, 1)
    profile = neck + (1 - neck) * rise ** 2 * (3 - 2 * rise)
    profile += rng.uniform(0, 0.05) * np.sin(t * rng.uniform(5, 40)) * (t > shoulder)
    profile = np.where(t < cap, neck * rng.uniform(0.95, 1.15), profile) * np.clip((1.012 - t) * 30, 0.75, 1)
    half = np.clip(profile, 0.1, 1) * width / 2
    xs = np.abs(np.arange(width) - width / 2 + 0.5)
    inside = xs[None, :] < half[:, None]
    across = np.clip((np.arange(width) - width / 2 + 0.5)[None, :] / half[:, None], -1, 1)
    body = colour(rng) if rng.random() < 0.6 else np.full(3, rng.uniform(120, 235), np.float32) + rng.normal(0, 18, 3)
    shade = 0.5 + 0.5 * np.sqrt(np.clip(1 - across ** 2, 0, 1)) + rng.uniform(-0.25, 0.25) * across
    rgb = body * shade[..., None]
    alpha = np.full((height, width), 1.0)
    if rng.random() < 0.5:  # clear: faint in the middle, strong at the rim, level of a drink inside
        rim = np.abs(across) ** rng.uniform(2, 6)
        alpha = rng.uniform(0.32, 0.6) + 0.45 * rim
        level = t > rng.uniform(shoulder * 0.6, 0.7)
        alpha[level] += rng.uniform(0, 0.4)
        rgb = rgb * np.where(level, rng.uniform(0.8, 1.1), 1.0)[:, None, None] * (1 - 0.5 * rim)[..., None]
        rgb += smooth_noise(rng, height, width, 8) * rng.uniform(0, 60) - 20
    for _ in range(rng.integers(0, 4)):  # highlights
        at, wide = rng.uniform(-0.8, 0.8), rng.uniform(0.03, 0.12)
        glow = np.exp(-((across - at) / wide) ** 2) * (t[:, None] > cap) * rng.uniform(0.2, 0.8)
        rgb, alpha = rgb + 200 * glow[..., None], alpha + glow
    if rng.random() < 0.55:  # label
        top, tall = rng.uniform(shoulder, 0.6), rng.uniform(0.12, 0.4)
        band = (t > top) & (t < top + tall)
        ink = np.full((height, width, 3), colour(rng), np.uint8)
        for _ in range(rng.integers(2, 7)):
            p, q = rng.integers(0, [width, height], (2, 2))
            cv2.rectangle(ink, p.tolist(), (p + rng.integers(3, 40, 2)).tolist(), colour(rng).tolist(), -1)
        if rng.random() < 0.6:
            cv2.putText(ink, "".join(rng.choice(list("ABDEGLMNORSTVZ"), 5)), (4, int((top + tall * 0.6) * height)),
                        cv2.FONT_HERSHEY_DUPLEX, rng.uniform(0.5, 1.1), colour(rng).tolist(), 2, cv2.LINE_AA)
        rgb[band] = (ink * (0.55 + 0.45 * shade)[..., None])[band]
        alpha[band] = 1.0
    if cap:
        on = t < cap + 0.015
        rgb[on] = (colour(rng) * shade[..., None])[on]
        alpha[on] = 1.0
    alpha = np.where(inside, np.clip(alpha, 0, 1), 0)
    return np.dstack([np.clip(rgb, 0, 255), alpha * 255]).astype(np.uint8)


def parcel(rng):
    """A box, pouch or tray with made-up print, seen flat on or askew."""
    h, w = 200, int(200 * rng.uniform(0.3, 1.0))
    face = np.full((h, w, 3), colour(rng))
    if rng.random() < 0.5:
        face += (smooth_noise(rng, h, w, int(rng.integers(1, 5)), 3) - 0.5) * 150
    face = np.clip(face, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(2, 12)):
        p, size, tone = rng.integers(0, [w, h]), rng.integers(4, 80, 2), colour(rng).tolist()
        if rng.random() < 0.5:
            cv2.rectangle(face, p.tolist(), (p + size).tolist(), tone, -1)
        else:
            cv2.ellipse(face, p.tolist(), (size // 2 + 1).tolist(), float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA)
    for _ in range(rng.integers(0, 5)):
        word = "".join(rng.choice(list("abcdegilmnorstuvz"), int(rng.integers(2, 9))))
        cv2.putText(face, word, rng.integers([-10, 10], [max(w - 20, 1), h]).tolist(), int(rng.integers(0, 5)),
                    rng.uniform(0.3, 1.6), colour(rng).tolist(), int(rng.integers(1, 4)), cv2.LINE_AA)
    alpha = np.full((h, w), 255, np.uint8)
    if rng.random() < 0.3:
        alpha = cv2.rectangle(np.zeros((h, w), np.uint8), (0, 0), (w - 1, h - 1), 255, -1)
        alpha = cv2.warpAffine(alpha, np.float32([[0.96, 0, w * .02], [0, 0.96, h * .02]]), (w, h))
    flat = np.dstack([face, alpha])
    corners = np.float32([[0, 0], [w, 0], [w, h], [0, h]])
    moved = corners + rng.normal(0, 0.09, (4, 2)).astype(np.float32) * [w, h]
    moved -= moved.min(0)
    out = cv2.warpPerspective(flat, cv2.getPerspectiveTransform(corners, moved.astype(np.float32)),
                              np.ceil(moved.max(0)).astype(int).tolist())
    return out


def hand(rng, size):
    """A hand, palm to fingertips, pointing along +x from its wrist, on a square patch.

    Returns (rgb, alpha, arm): `arm` is (start, direction) of the forearm, for the sleeve, and the reach
    point is the patch's middle.
    """
    side = int(size * 2.2)
    shape = np.zeros((side, side), np.uint8)
    lines = np.zeros((side, side), np.float32)
    middle, palm = side / 2, size * rng.uniform(0.2, 0.27)
    centre = np.array([middle - size * 0.18, middle])
    axes = (int(palm * rng.uniform(1.0, 1.25)), int(palm * rng.uniform(0.75, 1.05)))
    cv2.ellipse(shape, centre.astype(int).tolist(), axes, float(rng.normal(0, 15)), 0, 360, 255, -1, cv2.LINE_AA)
    spread, curl = rng.uniform(0.05, 0.3), rng.normal(0, 0.55)
    side_of = rng.choice([-1, 1])
    fingers = [(side_of * (k - 1.5) * 0.46, (k - 1.5) * spread, rng.uniform(0.36, 0.46), 0.105) for k in range(4)]
    fingers = fingers[:rng.integers(2, 5)] if rng.random() < 0.25 else fingers
    fingers.append((side_of * -0.85, side_of * -rng.uniform(0.3, 1.2), rng.uniform(0.26, 0.36), 0.12))
    for across, angle, length, thick in fingers:
        angle = angle * (side_of if len(fingers) > 1 else 1)
        p = centre + [palm * 0.75 * np.cos(across), palm * 0.95 * np.sin(across)]
        bend = curl * rng.uniform(0.6, 1.3)
        for joint in range(3):
            d = np.array([np.cos(angle), np.sin(angle)]) * size * length * (0.45, 0.32, 0.23)[joint]
            wide = max(2, int(size * thick * (1.15, 1.0, 0.85)[joint]))
            cv2.line(shape, p.astype(int).tolist(), (p + d).astype(int).tolist(), 255, wide, cv2.LINE_AA)
            cv2.line(lines, (p + [0, wide / 2]).astype(int).tolist(), (p + d + [0, wide / 2]).astype(int).tolist(), 1.0,
                     max(1, wide // 7), cv2.LINE_AA)
            p, angle = p + d, angle + bend
    wrist = centre - [palm * 0.9, 0]
    cv2.line(shape, wrist.astype(int).tolist(), centre.astype(int).tolist(), 255, int(palm * 1.25), cv2.LINE_AA)
    tones = np.array([[255, 220, 195], [236, 188, 155], [210, 150, 115], [165, 110, 80], [110, 72, 52], [70, 46, 36]])
    k, f = rng.integers(0, 5), rng.random()
    skin = tones[k] * (1 - f) + tones[k + 1] * f + rng.normal(0, 8, 3)
    if rng.random() < 0.06:
        skin = colour(rng)  # gloves
    deep = cv2.distanceTransform((shape > 127).astype(np.uint8), cv2.DIST_L2, 3)
    bulge = np.clip(deep / max(size * 0.07, 1), 0, 1) ** 0.6
    shade = 0.62 + 0.38 * bulge + (smooth_noise(rng, side, side, 6)[..., 0] - 0.5) * 0.3
    shade -= cv2.GaussianBlur(lines, (0, 0), max(size / 90, 0.6)) * rng.uniform(0.1, 0.4)
    rgb = np.clip(skin * np.clip(shade, 0.2, 1.3)[..., None], 0, 255)
    rgb[..., 0] += (1 - bulge) * 12
    return rgb.astype(np.float32), shape.astype(np.float32) / 255, wrist


def add_hand(rng, canvas, x, y, size, who, under=None):
    """Lay a hand with its arm so that it holds what is at (x, y); `under` is drawn between arm and fingers."""
    rgb, alpha, wrist = hand(rng, size)
    side = alpha.shape[0]
    height, width = canvas.owner.shape
    angle = np.degrees(np.arctan2(height / 2 - y, width / 2 - x)) + rng.normal(0, 45)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), -angle, 1)
    rgb = light(rng, cv2.warpAffine(rgb, turn, (side, side), borderMode=cv2.BORDER_REPLICATE))
    alpha = cv2.warpAffine(alpha, turn, (side, side))
    start = turn @ [*wrist, 1] - side / 2 + [x, y]
    away = np.array([-np.cos(np.radians(angle)), -np.sin(np.radians(angle))])
    end = start + away * (height + width)
    arm = np.zeros((height, width), np.uint8)
    thick = int(size * rng.uniform(0.26, 0.5))
    bare = rng.random() < 0.3
    cuff = start + away * (size * rng.uniform(0.3, 1.5) if bare else -size * rng.uniform(0.0, 0.06))
    cv2.line(arm, cuff.astype(int).tolist(), end.astype(int).tolist(), 255, thick, cv2.LINE_AA)
    tone = colour(rng) if rng.random() < 0.7 else np.full(3, rng.uniform(10, 240))
    cloth = tone * (0.55 + 0.7 * smooth_noise(rng, height, width, int(rng.integers(4, 16))))
    if bare:
        skin = np.zeros((height, width), np.uint8)
        cv2.line(skin, start.astype(int).tolist(), (cuff + away * size * 0.2).astype(int).tolist(), 255, int(size * 0.25), cv2.LINE_AA)
        inside = rgb[alpha > 0.9]
        flesh = np.broadcast_to(inside.mean(0) if len(inside) else 150.0, (height, width, 3)) * (
            0.85 + 0.3 * smooth_noise(rng, height, width, 5))
        canvas.paste(flesh.astype(np.float32), skin / np.float32(255), 0, 0, HIDDEN)
    shadow = rng.uniform(0, 0.4) if rng.random() < 0.5 else 0
    canvas.paste(np.clip(cloth, 0, 255).astype(np.float32), arm / np.float32(255), 0, 0, HIDDEN, shadow)
    canvas.paste(rgb, alpha, x - side / 2, y - side / 2, who)


def camera(rng, picture, strength=1.0):
    """What a cheap camera does: exposure, white balance, blur, noise, JPEG. uint8 out."""
    out = picture.astype(np.float32)
    if rng.random() < 0.8 * strength:
        out = 255 * np.clip(out / 255, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.22)))
        out = out * np.float32(rng.uniform(0.7, 1.25)) * (1 + 0.06 * rng.normal(size=3)).astype(np.float32)
    if rng.random() < 0.2 * strength:
        grey = out.mean(2, keepdims=True)
        out = grey + (out - grey) * np.float32(rng.uniform(0.3, 1.4))
    kind = rng.random()
    if kind < 0.2 * strength:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6))
    elif kind < 0.35 * strength:
        out = motion(rng, out, int(rng.integers(3, 10)))
    if rng.random() < 0.4 * strength:
        out = out + rng.normal(0, rng.uniform(1, 9), out.shape[:2] + (1,)).astype(np.float32)
    out = np.clip(out, 0, 255).astype(np.uint8)
    if rng.random() < 0.5 * strength:
        _, packed = cv2.imencode(".jpg", out[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        out = cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(out)


def motion(rng, picture, length):
    kernel = np.zeros((length, length), np.float32)
    angle, c = rng.uniform(0, np.pi), (length - 1) / 2
    d = np.array([np.cos(angle), np.sin(angle)]) * c
    cv2.line(kernel, np.round(c - d).astype(int).tolist(), np.round(c + d).astype(int).tolist(), 1.0)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


class Compositor:
    """Whole scenes, for the detector."""

    def __init__(self, packs, studio, photos):
        """packs: list of lists of encoded sprites; studio: encoded sprites; photos: rng -> picture."""
        self.packs, self.studio, self.photos = packs, studio, photos

    def thing(self, rng):
        kind = rng.random()
        if kind < 0.4 and self.packs:
            sprites = self.packs[rng.integers(len(self.packs))]
            return decode(sprites[rng.integers(len(sprites))])
        if kind < 0.52 and self.studio:
            return decode(self.studio[rng.integers(len(self.studio))])
        if kind < 0.62 and self.photos:
            return photo_cutout(rng, self.photos(rng))
        return vessel(rng) if kind < 0.82 else parcel(rng)

    def scene(self, rng, height, width):
        """(picture uint8, [(channel, x0, y0, x1, y1, visible)])"""
        canvas = Canvas(ground(rng, height, width, self.photos))
        big = min(height, width)
        typical = rng.uniform(0.18, 0.6)
        upright = rng.random() < 0.35  # things standing in a row, as on a shelf
        line = rng.uniform(0.45, 0.95) * height
        who = 0
        for _ in range(rng.integers(0, 9) if rng.random() < 0.9 else 0):
            who += 1
            size = np.clip(typical * np.exp(rng.normal(0, 0.3)), 0.1, 0.95) * big
            rgb, alpha = place(rng, self.thing(rng), size, roll=not upright)
            x = rng.uniform(-0.1, 1.1) * width - alpha.shape[1] / 2
            y = line + rng.normal(0, 3) - alpha.shape[0] if upright else rng.uniform(-0.1, 1.1) * height - alpha.shape[0] / 2
            canvas.paste(rgb, alpha, x, y, who, shadow=rng.uniform(0, 0.5))
        for n in range(rng.choice(4, p=[0.3, 0.4, 0.22, 0.08])):
            size = big * np.clip(typical * rng.uniform(0.5, 1.3), 0.18, 0.7)
            x, y = rng.uniform(0.02, 0.98) * width, rng.uniform(0.02, 0.98) * height
            if rng.random() < 0.65:  # holding something
                who += 1
                rgb, alpha = place(rng, self.thing(rng), size * rng.uniform(0.7, 1.7))
                offset = rng.normal(0, 0.22, 2) * alpha.shape[::-1]
                corner = (x - alpha.shape[1] / 2 + offset[0], y - alpha.shape[0] / 2 + offset[1])
                over = rng.random() < 0.2
                if not over:
                    canvas.paste(rgb, alpha, *corner, who)
                add_hand(rng, canvas, x, y, size, HAND + n)
                if over:
                    canvas.paste(rgb, alpha, *corner, who)
            else:
                add_hand(rng, canvas, x, y, size, HAND + n)
        objects = [(int(w >= HAND), *box) for w, *box in canvas.boxes()]
        return camera(rng, canvas.picture), objects
