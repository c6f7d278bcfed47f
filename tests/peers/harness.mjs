// What both servers on Node share: a port, a line when it is open, and a clock that a test moves.
// It comes first, so that nobody has seen the real clock.
import { createServer } from 'node:http';

const RealDate = Date;
let ahead = 0;
const now = () => RealDate.now() + ahead;

globalThis.Date = new Proxy(RealDate, {
  construct: (date, parts) => new date(...(parts.length ? parts : [now()])),
  get: (date, name) => (name === 'now' ? now : date[name]),
});

/** Serves on a free port. `handlerFor` is given the server's URL; its end is that of stdin. */
export function serve(handlerFor) {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${server.address().port}`;
    const handler = handlerFor(url);
    server.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url, url);
      if (pathname !== '/test/clock') return handler(request, response);
      ahead += searchParams.get('advance') * 1000;
      return response.end();
    });
    console.log(`READY ${url}`);
  });
  process.stdin.resume().on('end', () => process.exit());
}
