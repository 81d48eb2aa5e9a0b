/**
 * Starts the page.
 */
import "./parts/blindsr-page.js";
import { listenToDrops } from "./lib/drops.js";
import { listenToFlips } from "./lib/flip.js";
import { loadIcons } from "./lib/icons.js";
import { start } from "./lib/start.js";

void loadIcons();
listenToDrops();
listenToFlips();
start();
