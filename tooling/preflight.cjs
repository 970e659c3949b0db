// Run first by every script, so that a Node that is too old is named before anything fails for another
// reason. In the language of any Node: older ones must be able to read it.
"use strict";

/** Runs TypeScript as it is, with `using`, and has `import.meta.main`. */
var NEEDED = [24, 2];

var version = process.versions.node;
var parts = version.split(".").map(Number);
if (parts[0] < NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] < NEEDED[1])) {
  console.error(
    "The scripts of this repository need Node " +
      NEEDED.join(".") +
      " or newer, and this is Node " +
      version +
      " (" +
      process.execPath +
      "). Install Node 24 from https://nodejs.org, then run the same command again. " +
      "(On Linux the installation brings it; the published packages run on Node 22.18 and newer.)",
  );
  process.exit(1);
}
