import { cameras, detections } from './store';
import type { Camera, DetectedBox } from './wire';

/* A short name beside its box, on the side where the picture has room. */
function Label({ box, width }: { box: DetectedBox; width: number }) {
  const right = box.x0 > 0.55 * width;
  return (
    <text x={right ? box.x1 - 4 : box.x0 + 4} y={Math.max(box.y0 - 8, 22)} text-anchor={right ? 'end' : 'start'}>
      {box.label?.split(',')[0]}
    </text>
  );
}

function Overlay({ camera }: { camera: Camera }) {
  const seen = detections.value[camera.name];
  if (!seen) return null;
  return (
    <svg class="boxes" viewBox={`0 0 ${seen.width} ${seen.height}`} aria-hidden="true">
      {seen.boxes.map((box, index) => (
        <g key={index} class={box.kind}>
          <rect x={box.x0} y={box.y0} width={box.x1 - box.x0} height={box.y1 - box.y0} rx="6" />
          {box.label && <Label box={box} width={seen.width} />}
        </g>
      ))}
    </svg>
  );
}

export function Cameras() {
  return (
    <section class="cameras" aria-label="Cameras">
      {cameras.value.map((camera) => (
        <figure key={camera.name}>
          <img src={camera.stream} alt={`Live picture, camera ${camera.name}`} />
          <Overlay camera={camera} />
          <figcaption>{camera.name}</figcaption>
        </figure>
      ))}
    </section>
  );
}
