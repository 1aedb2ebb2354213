import t from 'tap'
import { truncateAddress } from '../../src/audit/address.js'

t.test('addresses keep their network and lose their host', async (t) => {
  const cases: [string, string | null][] = [
    ['198.51.100.7', '198.51.100.0'],
    ['::ffff:198.51.100.7', '198.51.100.0'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['2001:db8::1', '2001:db8:0::'],
    ['::1', '0:0:0::'],
    ['fe80::1%eth0', 'fe80:0:0::'],
    ['::', '0:0:0::'],
    ['', null],
    ['nonsense', null],
    ['1:2:3', null]
  ]
  for (const [address, truncated] of cases) t.equal(truncateAddress(address), truncated, address)
})
