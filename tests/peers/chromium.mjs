// Opens a page in Debian's headless Chromium, and sends each form that comes, filled in. It is
// spoken to by a pipe, so there is nothing to install and no port. Its end is that of stdin.
// node chromium.mjs PROFILE URL
import { spawn } from 'node:child_process';

const [profile, url] = process.argv.slice(2);
const flags = [
  '--headless',
  // It sees pages of our own servers only.
  '--no-sandbox',
  '--no-first-run',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-proxy-server',
  // Whatever else it would like to look up, it asks nobody.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  `--user-data-dir=${profile}`,
  '--remote-debugging-pipe',
];
const browser = spawn('chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
browser.on('error', (error) => { throw error; });
browser.on('exit', () => process.exit());
process.stdin.resume().on('end', () => tell('Browser.close', {}));

// Runs in the page.
function fillIn() {
  const form = document.forms[0];
  const fields = { login: 'anna', password: 'a password' };
  for (const [name, value] of Object.entries(fields)) {
    if (form?.elements[name]) form.elements[name].value = value;
  }
  form?.querySelector('[type=submit]').click();
}

let number = 0;
function tell(method, params, sessionId) {
  number += 1;
  browser.stdio[3].write(`${JSON.stringify({ id: number, method, params, sessionId })}\0`);
}

// A new page stands still until somebody listens to it.
function hear({ method, params, sessionId }) {
  if (method === 'Target.attachedToTarget') {
    tell('Page.enable', {}, params.sessionId);
    tell('Runtime.runIfWaitingForDebugger', {}, params.sessionId);
  } else if (method === 'Page.loadEventFired') {
    tell('Runtime.evaluate', { expression: `(${fillIn})()` }, sessionId);
  }
}

let heard = '';
browser.stdio[4].setEncoding('utf8').on('data', (text) => {
  const messages = (heard + text).split('\0');
  heard = messages.pop();
  messages.forEach((message) => hear(JSON.parse(message)));
});
tell('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
tell('Target.createTarget', { url });
