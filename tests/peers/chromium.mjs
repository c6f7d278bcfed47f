// Opens a page in Debian's headless Chromium, and does there what stdin says: one command in JSON on
// each line, answered by one line on stdout. The browser is spoken to by a pipe, so there is nothing
// to install and no port. Its end is that of stdin.
//   {"press": SCRIPT}                              runs it, and waits until the next page is there
//   {"ask": SCRIPT}                                its value
//   {"cookies": URL}                               those that are sent there
//   {"picture": FILE, "width": W, "dark": BOOLEAN} the whole page as it is this wide, as a PNG
// node chromium.mjs PROFILE URL [FLAG…]
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [profile, url, ...own] = process.argv.slice(2);
const flags = [
  '--headless',
  // It sees pages of our own servers only.
  '--no-sandbox',
  '--no-first-run',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-proxy-server',
  `--user-data-dir=${profile}`,
  '--remote-debugging-pipe',
  ...own,
];
const browser = spawn('chromium', flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
browser.on('error', (error) => { throw error; });
browser.on('exit', () => process.exit());

const told = new Map();
let number = 0;
let page;
function tell(method, params, sessionId) {
  number += 1;
  const answer = new Promise((resolve) => { told.set(number, resolve); });
  browser.stdio[3].write(`${JSON.stringify({ id: number, method, params, sessionId })}\0`);
  return answer;
}

let heard = '';
browser.stdio[4].setEncoding('utf8').on('data', (text) => {
  const messages = (heard + text).split('\0');
  heard = messages.pop();
  for (const { id, ...answer } of messages.map((message) => JSON.parse(message))) {
    told.get(id)?.(answer);
    told.delete(id);
  }
});

async function tellPage(method, params) {
  const { result, error } = await tell(method, params, page);
  if (error) throw new Error(error.message);
  return result;
}

async function ask(expression) {
  const said = await tellPage('Runtime.evaluate', { expression, returnByValue: true });
  if (said.exceptionDetails) throw new Error(said.exceptionDetails.exception.description);
  return said.result.value;
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

// A mark on the old page tells the two apart. On the way from one to the other, there is nobody to
// ask, or nobody who answers.
async function press(script) {
  await ask(`window.isOld = true; ${script}`);
  const isThere = "!window.isOld && document.readyState === 'complete'";
  const look = () => Promise.race([ask(isThere).catch(() => false), pause(1000)]);
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(20)) {
    if (await look()) return undefined;
  }
  throw new Error('no page came in time');
}

async function picture(file, width, dark) {
  const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
  await tellPage('Emulation.setEmulatedMedia', { features });
  const size = { width, height: 800, deviceScaleFactor: 1, mobile: width < 500 };
  await tellPage('Emulation.setDeviceMetricsOverride', size);
  const whole = { format: 'png', captureBeyondViewport: true };
  const { data } = await tellPage('Page.captureScreenshot', whole);
  writeFileSync(file, Buffer.from(data, 'base64'));
}

async function open() {
  const { result: { targetId } } = await tell('Target.createTarget', { url: 'about:blank' });
  const { result } = await tell('Target.attachToTarget', { targetId, flatten: true });
  page = result.sessionId;
  return press(`location.href = ${JSON.stringify(url)}`);
}

async function carryOut(command) {
  if (command.press) return press(command.press);
  if (command.ask) return ask(command.ask);
  if (command.picture) return picture(command.picture, command.width, command.dark);
  return (await tellPage('Network.getCookies', { urls: [command.cookies] })).cookies;
}

async function answer(doing) {
  try {
    console.log(JSON.stringify({ value: await doing }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
}

await answer(open());
for await (const line of createInterface({ input: process.stdin })) {
  await answer(carryOut(JSON.parse(line)));
}
tell('Browser.close', {});
