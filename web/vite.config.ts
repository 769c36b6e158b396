import { defineConfig } from 'vite';

// `npm run dev` serves the page with hot reload and asks a running cart for everything else.
const cart = process.env.CART ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: { target: 'es2022', sourcemap: false },
  server: { proxy: { '/api': cart, '/camera': cart, '/version': cart } },
});
