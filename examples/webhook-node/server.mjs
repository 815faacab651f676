// A webhook for Microsoft Graph and Outlook, with nothing but Node 18 or later: node server.mjs
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

const { PORT = 3000, HOST = '127.0.0.1', CLIENT_STATE } = process.env;

const server = createServer(async (request, response) => {
  // The handshake: echo the token, decoded, as plain text. Graph waits 10 seconds, Outlook 5.
  const query = new URLSearchParams(request.url.replace(/^[^?]*/, ''));
  const token = query.get('validationToken') ?? query.get('validationtoken');
  if (token) return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(token);

  const body = await json(request).catch(() => null);
  if (!Array.isArray(body?.value)) return response.writeHead(400).end();
  response.writeHead(202).end(); // before any work: after 3 seconds it is late, after 10 it is sent again

  for (const item of body.value) { // Outlook has capitals, and the client state in a header
    const what = item?.lifecycleEvent ?? item?.changeType ?? item?.ChangeType;
    const resource = item?.resource ?? item?.Resource; // lifecycle items have none
    const known = !CLIENT_STATE || CLIENT_STATE === (item?.clientState ?? request.headers.clientstate);
    console.log(known ? 'notification' : 'refused', JSON.stringify([what, resource])); // your work goes here
  }
});

server.listen(PORT, HOST, () => console.log(`listening on http://${HOST}:${server.address().port}/hook`));
