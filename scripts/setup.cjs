'use strict';
// Installs the dependencies, the pinned Node among them. CommonJS and old syntax on purpose:
// it must be able to speak on whatever Node is there the first time.
var fs = require('fs');
var path = require('path');
var childProcess = require('child_process');

var root = path.dirname(__dirname);
var lock = path.join(root, 'package-lock.json');
var stamp = path.join(root, 'node_modules', '.installed-lock.json');
var busy = path.join(root, '.cache', 'setup.busy');

function isSame(a, b) {
  try {
    return fs.readFileSync(a).equals(fs.readFileSync(b));
  } catch (_) {
    return false;
  }
}
function isInstalled() {
  return isSame(lock, stamp) && fs.existsSync(path.join(root, 'node_modules', '.bin', 'node'));
}
function fail(message) {
  process.stderr.write(message + '\n');
  process.exit(1);
}
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
// `npm ci` empties node_modules under everyone else: one at a time.
function takeTurn() {
  fs.mkdirSync(path.dirname(busy), { recursive: true });
  for (;;) {
    try {
      fs.writeFileSync(busy, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    var owner = 0;
    try {
      owner = Number(fs.readFileSync(busy, 'utf8'));
    } catch (_) {
      continue;
    }
    if (owner && !isAlive(owner)) {
      try {
        fs.unlinkSync(busy);
      } catch (_) {
        // another process was faster
      }
    }
    pause(200);
  }
}

if (isInstalled()) process.exit(0);
if (parseInt(process.versions.node, 10) < 20) {
  fail('Node ' + process.versions.node + ' is too old to start the installation; 20 or newer is needed once.');
}
takeTurn();
process.on('exit', function () {
  try {
    fs.unlinkSync(busy);
  } catch (_) {
    // already gone
  }
});
if (!isInstalled()) {
  process.stderr.write('Installing dependencies (about 1.3 GB on disk) ...\n');
  var args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  var npm = process.env.npm_execpath; // npm and its Node lie outside node_modules
  var node = process.env.npm_node_execpath;
  var options = { cwd: root, stdio: ['ignore', 2, 2] };
  var isNpmScript = npm && node && /\.c?js$/.test(npm);
  var result = isNpmScript ? childProcess.spawnSync(node, [npm].concat(args), options) : childProcess.spawnSync('npm', args, options);
  if (result.error || result.status !== 0) fail('npm ci failed (see above). After a network problem simply run the command again.');
  fs.copyFileSync(lock, stamp);
}
if (!isInstalled()) fail('No pinned Node for ' + process.platform + '/' + process.arch + '.');
