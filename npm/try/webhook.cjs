// The app's own webhook, as a test would find it: it keeps what it hears.
const { createServer } = require('node:http');
const { json } = require('node:stream/consumers');

exports.listen = async function listen(clientState) {
  const hook = { heard: [], status: 202, url: '', close: () => server.close() };
  const server = createServer(async (request, response) => {
    const token = new URL(request.url, 'http://localhost').searchParams.get('validationToken');
    if (token) return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(token);
    const body = await json(request).catch(() => null);
    if (!Array.isArray(body?.value)) return response.writeHead(400).end();
    response.writeHead(hook.status).end();
    if (hook.status === 202) hook.heard.push(...body.value.filter((item) => item?.clientState === clientState));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  hook.url = `http://localhost:${server.address().port}/hook`;
  return hook;
};
