import { render } from 'preact';
import { App } from './App';
import { connect } from './store';
import './style.css';

const root = document.getElementById('app');
if (root) {
  render(<App />, root);
  connect();
}
