import { cameras, detections } from './store';
import type { Camera } from './wire';

function Overlay({ camera }: { camera: Camera }) {
  const seen = detections.value[camera.name];
  if (!seen) return null;
  return (
    <svg class="boxes" viewBox={`0 0 ${seen.width} ${seen.height}`} aria-hidden="true">
      {seen.boxes.map((box, index) => (
        <g key={index} class={box.kind}>
          <rect x={box.x0} y={box.y0} width={box.x1 - box.x0} height={box.y1 - box.y0} rx="6" />
          {box.label && (
            <text x={box.x0 + 6} y={Math.max(box.y0 - 8, 22)}>
              {box.label}
            </text>
          )}
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
