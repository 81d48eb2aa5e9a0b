/**
 * Begins the page.
 */
import "./parts/blindsr-page.js";
import { listenToDrops } from "./lib/drops.js";
import { listenToFlips } from "./lib/flip.js";
import { start } from "./lib/start.js";

listenToDrops();
listenToFlips();
start();
