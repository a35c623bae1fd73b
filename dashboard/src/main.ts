import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { router } from '$lib/router.svelte';
import { themes } from '$lib/theme.svelte';

themes.start();
router.start();
const target = document.getElementById('app');
if (!target) throw new Error('the page has no place for the dashboard');
mount(App, { target });
