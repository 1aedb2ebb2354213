import t from 'tap'
import { clerk, requestText, sendRaw, startProxy, startUpstream } from './scene.js'

// A server of a stranger, and every place in which its name can stand.

t.test('no host but the upstream gets a request, whatever names another', async (t) => {
  const evil = await startUpstream()
  const { host, port: evilPort } = new URL(evil.url)
  const keyOf = (name: string) => `pk_test_${Buffer.from(`${name}$`).toString('base64')}`
  const names = [
    `Host: ${host}`,
    `X-Forwarded-Host: ${host}`,
    `X-Forwarded-For: ${host}`,
    'X-Forwarded-Proto: https',
    `X-Forwarded-Port: ${evilPort}`,
    `Forwarded: host=${host}`,
    `Clerk-Proxy-Url: ${evil.url}`,
    `X-Original-Host: ${host}`,
    `X-Host: ${host}`,
    `Origin: ${evil.url}`,
    `Referer: ${evil.url}/`,
    `Via: 1.1 ${host}`,
    `:authority: ${host}`
  ]
  const targets = [
    '/__clerk/v1/client',
    `/__clerk/v1/client?fapiUrl=${evil.url}&redirect_url=${evil.url}&__clerk_proxy_url=${evil.url}`,
    `${evil.url}/__clerk/v1/client`,
    `//${host}/__clerk/v1/client`,
    `/__clerk//${host}/v1/client`,
    `/__clerk/${evil.url}/v1/client`,
    `/__clerk/@${host}/v1/client`,
    `/__clerk@${host}/v1/client`,
    `/__clerk/\\${host}/v1/client`
  ]
  for (const options of [
    {},
    { server: { trustProxy: true } },
    { plugin: { proxyUrl: `${evil.url}/__clerk` } },
    { plugin: { publishableKey: keyOf(host) } },
    { proxy: { publishableKey: keyOf(host) } },
    { plugin: { apiUrl: evil.url, signInUrl: evil.url, authorizedParties: [evil.url] } }
  ]) {
    const { upstream, port } = await startProxy(options)
    for (const answer of [
      { location: `${evil.url}/v1/client` },
      { link: `<${evil.url}>; rel=preload`, refresh: `0;url=${evil.url}`, 'content-location': evil.url },
      { 'alt-svc': `h2="${host}"`, 'clerk-proxy-url': evil.url }
    ]) {
      upstream.answer = (_request, response) => response.writeHead(302, answer).end(`{"location":"${evil.url}"}`)
      for (const target of targets) {
        const { raw } = await sendRaw(port, requestText('GET', target, names.slice(1, -1)))
        t.notMatch(raw, clerk.secretKey)
        await sendRaw(port, `GET ${target} HTTP/1.1\r\n${names.join('\r\n')}\r\nConnection: close\r\n\r\n`)
        await sendRaw(port, `GET ${target} HTTP/1.1\r\n${names[0]}\r\nConnection: close\r\n\r\n`)
      }
    }
    t.ok(upstream.count > 0, 'plain ones among them have reached the upstream')
    t.equal(evil.count, 0, JSON.stringify(options))
    for (const { headers } of upstream.received) {
      t.equal(Object.fromEntries(headers).host, new URL(upstream.url).host)
    }
  }
})
