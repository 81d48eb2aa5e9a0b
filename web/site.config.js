import base from "./playwright.config.js";

// The documentation, as `make docs` built it.
export default { ...base, testDir: "tests/site", timeout: 300_000 };
