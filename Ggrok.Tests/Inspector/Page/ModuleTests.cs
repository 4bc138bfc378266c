using System.Text.Json;
using Ggrok.Tests.Peers;
using Microsoft.Playwright;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>The page's pure modules, imported from the inspector's address.</summary>
[Collection(PageTests.Name)]
public sealed class ModuleTests(PageBrowser browser)
{
    /// <summary>A module, and expressions over its exports with the JSON of what they give.</summary>
    private static readonly (string Module, (string Expression, string Expected)[] Cases)[] Modules =
    [
        ("format/figures.js", [
            ("[0, 999, 1000, 12345, 999499, 999500, 1.5e9].map(bytes)", """["0 B","999 B","1.00 kB","12.3 kB","999 kB","1.00 MB","1.50 GB"]"""),
            ("[262144, 65536, 1073741824, 1000].map(limit)", """["256 KiB","64 KiB","1 GiB","1.00 kB"]"""),
            ("[0.001, 0.42, 12.34, 840, 999.6, 1240, 59960, 184000, 7500000].map(duration)", """["0 ms","0.42 ms","12.3 ms","840 ms","1.00 s","1.24 s","1 min 0 s","3 min 4 s","2 h 5 min"]"""),
            ("[many(1, 'request'), many(1204, 'request'), many(2, 'body was', 'bodies were')]", """["1 request","1,204 requests","2 bodies were"]"""),
            ("[0, 500, -90000, 7200000, -864000000].map((ms) => relative(new Date(1e12 + ms), new Date(1e12)))", """["now","now","2 min ago","in 2 h","10 days ago"]"""),
            ("exactClock(new Date(2026, 10, 21, 4, 3, 7, 42))", "\"04:03:07.042\""),
        ]),
        ("model/filter.js", [
            ("[200, 404, 0].map((status) => statusClass({ status, error: status ? null : 'TunnelLost' }))", """["2xx","4xx","error"]"""),
            ("statusClass({ status: 0, error: null })", "\"none\""),
            ("[{ text: ' USERS ' }, { text: 'x' }, { methods: ['PUT'] }, { statuses: ['2xx'] }, { statuses: ['201'] }, { statuses: ['200'] }, { host: 'b' }, { tunnel: 'web' }].map((part) => matcher({ ...noFilter, ...part })({ method: 'POST', target: '/Users', host: 'a', tunnel: 'web', id: 'i', status: 201, error: null }))",
                "[true,false,false,true,true,false,false,true]"),
            ("String(toQuery({ text: ' a&b ', methods: ['GET', 'PUT'], statuses: ['5xx', 'error'], host: 'h', tunnel: '' }))", "\"text=a%26b&method=GET%2CPUT&status=5xx%2Cerror&host=h\""),
        ]),
        ("model/sorted.js", [
            ("(() => { const items = []; for (const number of [3, 1, 2, 3, 5]) place(items, { number }); remove(items, 2); return [items.map((i) => i.number), lowerBound(items, 4), remove(items, 9)]; })()", "[[1,3,5],2,false]"),
        ]),
        ("model/router.js", [
            ("['', '#/', '#/charts', '#/inbox', '#/exchanges/42', '#/exchanges/42/response', '#/exchanges/0', '#/exchanges/x', '#/javascript:alert(1)'].map(parse)",
                """[{"view":"requests"},{"view":"requests"},{"view":"charts"},{"view":"inbox"},{"view":"requests","number":42,"tab":"overview"},{"view":"requests","number":42,"tab":"response"},{"view":"requests"},{"view":"requests"},{"view":"requests"}]"""),
            ("[{ view: 'rules' }, { view: 'requests' }, { view: 'requests', number: 7, tab: 'overview' }, { view: 'requests', number: 7, tab: 'request' }].map(format)", """["#/rules","#/","#/exchanges/7","#/exchanges/7/request"]"""),
        ]),
        ("inbox/describe.js", [
            ("[tallyText(0, 0), tallyText(1, 0), tallyText(1204, 2), tallyText(0, 1)]", """["","1 webhook waits","1,204 webhooks wait, 2 dead","1 dead"]"""),
            ("[{ attempts: 0 }, { attempts: 1, state: 'waiting', nextAttempt: '1970-01-01T00:00:30Z' }, { attempts: 3, lastFailure: '500', state: 'dead', nextAttempt: null }].map((item) => failureText(item, new Date(0)))",
                """[null,"Failed once; next attempt in 30 s","Failed 3 times: 500"]"""),
            ("[inboxText({ waiting: 0, dead: 0, bytes: 0, maxBytes: 9 }), inboxText({ waiting: 2, dead: 1, bytes: 1500, maxBytes: 67108864, away: true, until: null })]",
                """["empty","2 webhooks wait, 1 dead, 1.50 kB of 64 MiB; away"]"""),
            ("['github', 'standard', 'x'].map(providerName)", """["GitHub","Standard Webhooks","x"]"""),
        ]),
        ("list/range.js", [
            ("[visibleRange(0, 320, 32, 10000), visibleRange(160000, 320, 32, 10000), visibleRange(1e9, 320, 32, 10000), visibleRange(0, 320, 32, 3)]",
                """[{"first":0,"last":16},{"first":4994,"last":5016},{"first":9994,"last":10000},{"first":0,"last":3}]"""),
            ("[scrollToShow(0, 100, 320, 32), scrollToShow(5, 100, 320, 32), scrollToShow(20, 0, 320, 32)]", "[0,100,352]"),
        ]),
        ("format/jwt.js", [
            ("(() => { const [token] = findJwts('Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiLDqSIsImV4cCI6MTcwMDAwMDAwMH0.c2ln and eyJub3Q.a.token'); return [token.algorithm, token.payload, token.times[0].date.toISOString()]; })()",
                """["HS256","{\"sub\":\"é\",\"exp\":1700000000}","2023-11-14T22:13:20.000Z"]"""),
            ("findJwts('eyJhbGciOiJIUzI1NiJ9.bm90IGpzb24.c2ln').length", "0"),
        ]),
        ("format/set-cookie.js", [
            ("parseSetCookie('sid=a=b; Path=/; HttpOnly; ;Max-Age = 5')", """{"name":"sid","value":"a=b","attributes":[["Path","/"],["HttpOnly",""],["Max-Age","5"]]}"""),
        ]),
        ("body/kind.js", [
            ("['application/json; charset=utf-8', 'application/problem+json', 'image/svg+xml', 'application/atom+xml', 'text/html', 'multipart/form-data; boundary=x', 'application/x-ndjson', 'application/octet-stream', undefined].map(kindOf)",
                """["json","json","image","xml","html","multipart","jsonLines","binary","binary"]"""),
            ("decodeText(new Uint8Array([0xe9]), 'text/plain; charset=iso-8859-1') + decodeText(new Uint8Array([0xc3, 0xa9]), 'text/plain; charset=nonsense')", "\"éé\""),
            ("[[0x61, 0], [0xff, 0xfe], [0x61, 0xc3]].map((bytes) => looksBinary(new Uint8Array(bytes)))", "[true,true,false]"),
        ]),
        ("body/multipart.js", [
            ("[boundaryOf('multipart/form-data; boundary=\"a b\"; x=y'), boundaryOf('multipart/mixed; Boundary=zz'), boundaryOf('multipart/mixed')]", """["a b","zz",null]"""),
            ("splitMultipart(new TextEncoder().encode('preamble\\r\\n--x\\r\\nContent-Disposition: form-data; name=\"é\"; filename=\"f.txt\"\\r\\nContent-Type: text/csv\\r\\n\\r\\n1,2\\r\\n--no\\r\\n--x\\r\\n\\r\\nplain\\r\\n--x--\\r\\n'), 'x').map(({ name, filename, type, body, complete }) => [name, filename, type, new TextDecoder().decode(body), complete])",
                """[["é","f.txt","text/csv","1,2\r\n--no",true],[null,null,"text/plain","plain",true]]"""),
            ("splitMultipart(new TextEncoder().encode('--x\\n\\ncut of'), 'x').map(({ body, complete }) => [new TextDecoder().decode(body), complete])", """[["cut of",false]]"""),
        ]),
        ("body/json-lines.js", [
            ("parseJson('{\"a\":[1,{\"b\":null}],\"a\":1.0e+400,\"c\":{}}').toString()", """
                "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"a\": 1.0e+400,\n  \"c\": {}\n}"
                """),
            ("parseJson('1 \\n{\"a\":2}\\n', { several: true }).count", "4"),
            ("['{', '[1,]', '{\"a\" 1}', '\"\\u0001\"', '1 2', '', 'nul'].map((text) => { try { parseJson(text); return null; } catch (problem) { return problem instanceof NotJson; } })", "[true,true,true,true,true,true,true]"),
            ("parseJson('['.repeat(100000) + ']'.repeat(100000)).count > 100000", "true"),
            ("parseJson('{\"a\":[\"x\\\\ny\",2]}').valueOf(2)", "\"x\\ny\""),
        ]),
        ("body/xml-lines.js", [
            ("parseXml('<a x=\"1\"><b>t</b><c/><!-- n --></a>').toString()", "\"<a x=\\\"1\\\">\\n  <b>t</b>\\n  <c/>\\n  <!-- n -->\\n</a>\""),
            ("parseXml('<p>a<br>b<script>if (a < b) {}</script></p>', { html: true }).toString().includes('if (a < b) {}')", "true"),
            ("['<', '<a', '<a b=\"', '</x>', '<![CDATA[', '<!--', '<a><b></a>', '< 1'].map((text) => parseXml(text).count > 0).every(Boolean)", "true"),
        ]),
        ("body/hex-lines.js", [
            ("new HexLines(new TextEncoder().encode('GET / HTTP/1.1\\r\\n!')).toString()", "\"0000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1··\\n0010  21                                                !\""),
            ("new HexLines(new Uint8Array([1, 0xab, 0xcd, 2, 0x41])).find('ab cd', 9).length + new HexLines(new TextEncoder().encode('Ab')).find('aB', 9).length", "2"),
        ]),
        ("body/wrap.js", [
            ("[breaks('abcdefghijkl', 20), breaks('x'.repeat(50), 20), breaks('x'.repeat(50), 20, 4), breaks('漢'.repeat(20), 20)]", "[[0],[0,20,40],[0,20,36],[0,10]]"),
            ("slice([['one', 'key'], ['two', 'string']], 2, 5, [{ start: 1, length: 3, isNow: true }])", """[["e","key found now"],["t","string found now"],["w","string"]]"""),
        ]),
        ("body/text-lines.js", [("visible('a\\u202eb\\u0000')", "\"aU+202EbU+0000\"")]),
        ("share/numbers.js", [("[joinNumbers([7, 1, 2, 3, 3]), joinNumbers([]), joinNumbers([5])]", """["1-3,7","","5"]""")]),
        ("replay/header-text.js", [("parseHeaders('A: 1\\nno colon\\n b :x: y \\n: z')", """[["A","1"],["b","x: y"]]""")]),
        ("charts/scale.js", [
            ("[niceStep(10), niceStep(87), ticks(7), ticks(1)]", "[2.5,25,[0,2,4,6,8],[0,0.25,0.5,0.75,1]]"),
            ("[linePath([[0, 1], null, [2, 3.456]]), areaPath([[0, 1], [2, 3]], 9)]", """["M0 1M2 3.46","M0 1L2 3L2 9L0 9Z"]"""),
            ("condense(Array.from({ length: 10 }, (_, at) => ({ at, active: at, requests: 1, p99Ms: at % 2 ? at : null })), 5).map(({ at, requests, p99Ms, seconds }) => [at, requests, p99Ms, seconds])", "[[1,2,1,2],[3,2,3,2],[5,2,5,2],[7,2,7,2],[9,2,9,2]]"),
        ]),
        ("details/diff-rows.js", [
            ("foldSame(Array.from({ length: 20 }, (_, n) => ({ change: n === 10 ? 'added' : 'same', text: String(n) }))).map(({ change, from, to }) => from === undefined ? change : `${from}-${to}`).join(' ')", "\"0-7 same same same added same same same 14-20\""),
            ("sideBySide([{ change: 'removed', text: 'a' }, { change: 'added', text: 'b' }, { change: 'added', text: 'c' }, { change: 'same', text: 'd' }]).map((pair) => pair.map((row) => row?.text ?? null))", """[["a","b"],[null,"c"],["d","d"]]"""),
        ]),
        ("details/phases.js", [
            ("phasesOf({ summary: { durationMs: 9 }, timings: { atServerMs: 1, tunnelMs: 2, heldMs: 0, connectBeganMs: 0, connectedMs: 1, requestSentMs: 2, firstByteMs: 5, endedMs: 6 } }).phases.map(({ name, from, to }) => `${name} ${from}-${to}`)",
                """["server 0-1","tunnel 1-3","connect 3-4","send 4-5","wait 5-8","body 8-9"]"""),
            ("phasesOf({ summary: { durationMs: 0 }, timings: {} }).phases.length", "0"),
        ]),
    ];

    [PeerFact]
    public Task Modules_do_what_they_say() => browser.InspectAsync(PageApp.AnswerAsync, async scene =>
    {
        foreach ((string module, (string Expression, string Expected)[] cases) in Modules)
        {
            foreach ((string expression, string expected) in cases)
            {
                string actual = await scene.Page.EvaluateAsync<string>($"import('/js/{module}').then((all) => {{ const {{ {await ExportsAsync(scene, module)} }} = all; return JSON.stringify({expression}); }})");
                Canonical(actual).ShouldBe(Canonical(expected), $"{module}: {expression}");
            }
        }
    });

    private static Task<string> ExportsAsync(PageScene scene, string module) => scene.Page.EvaluateAsync<string>($"import('/js/{module}').then((all) => Object.keys(all).join(', '))");

    private static string Canonical(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement);
}
