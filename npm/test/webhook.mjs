// A webhook as small as one can be, for tests.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';

export async function webhook(answer = (response) => response.writeHead(202).end()) {
  const heard = [];
  const server = createServer(async (request, response) => {
    const token = new URL(request.url, 'http://localhost').searchParams.get('validationToken');
    if (token) return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(token);
    const body = await json(request).catch(() => null);
    if (!Array.isArray(body?.value)) return response.writeHead(400).end();
    heard.push(...body.value);
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${server.address().port}/hook`,
    heard,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
