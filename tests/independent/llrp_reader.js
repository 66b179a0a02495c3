// Our host against an independent reader: the LLRPServer of llrpjs 1.0.1 (npm, MIT), with one tag that can be read.
//
//     npm install --prefix /tmp/llrpjs llrpjs@1.0.1
//     NODE_PATH=/tmp/llrpjs/node_modules node tests/independent/llrp_reader.js 15084 &
//     kioskctl reader watch --port tcp://127.0.0.1:15084 --protocol llrp --for 5
//
// The host must come up ("llrpjs"), and tell one tag by the TID below. llrpjs takes one message out of each packet and
// leaves the rest until the next one comes: a host that sends several at once waits for ever.
const { LLRPServer, LLRPCore } = require("llrpjs");
const ok = { LLRPStatus: { StatusCode: "M_Success", ErrorDescription: "" } };
const tags = { "0B0102030405060708090A0B": "E2801160AABBCCDDEEFF0011" };
let rospec = null, access = null, enabled = false;
const server = new LLRPServer({ host: "127.0.0.1", port: Number(process.argv[2] || 5084) });
const log = (...a) => console.log(...a);
const send = (m) => server.send(m);
const answer = (name, m, data = {}) => send(new LLRPCore[name]({ id: m.getMessageId ? m.getMessageId() : m.id, data: { ...ok, ...data } }));
const event = (data) => send(new LLRPCore.READER_EVENT_NOTIFICATION({ id: 0, data: { ReaderEventNotificationData: { UTCTimestamp: { Microseconds: 1557458516414125n }, ...data } } }));
server.on("connection", () => { log("connected"); event({ ConnectionAttemptEvent: { Status: "Success" } }).catch(e => log("ERR", e)); });
server.on("disconnect", () => log("disconnected"));
server.on("error", (e) => log("error", e.message));
const on = (name, f) => server.on(name, async (m) => { log("<", name, m.id ?? m.getMessageId()); try { await f(m); } catch (e) { log("ERR", name, e.message, e.stack); } });
for (const [q, r] of [["DELETE_ROSPEC", 0], ["DELETE_ACCESSSPEC", 0], ["SET_READER_CONFIG", 0], ["ENABLE_ROSPEC", 0], ["ENABLE_ACCESSSPEC", 0], ["STOP_ROSPEC", 0], ["CLOSE_CONNECTION", 0]])
  on(q, (m) => answer(q + "_RESPONSE", m));
on("GET_READER_CAPABILITIES", (m) => answer("GET_READER_CAPABILITIES_RESPONSE", m, { GeneralDeviceCapabilities: { MaxNumberOfAntennaSupported: 1, CanSetAntennaProperties: false, HasUTCClockCapability: true, DeviceManufacturerName: 0, ModelName: 99, ReaderFirmwareVersion: "llrpjs", ReceiveSensitivityTableEntry: { Index: 1, ReceiveSensitivityValue: 0 }, GPIOCapabilities: { NumGPIs: 0, NumGPOs: 0 }, PerAntennaAirProtocol: { AntennaID: 1, ProtocolID: ["EPCGlobalClass1Gen2"] } } }));
on("GET_READER_CONFIG", (m) => answer("GET_READER_CONFIG_RESPONSE", m, { Identification: { IDType: "MAC_Address", ReaderID: [2, 0, 0, 255, 254, 0, 0, 1] } }));
on("ADD_ROSPEC", (m) => { rospec = m.getROSpec(); return answer("ADD_ROSPEC_RESPONSE", m); });
on("ADD_ACCESSSPEC", (m) => { access = m.getAccessSpec(); return answer("ADD_ACCESSSPEC_RESPONSE", m); });
on("START_ROSPEC", async (m) => {
  const id = rospec.getROSpecID();
  await answer("START_ROSPEC_RESPONSE", m);
  await event({ ROSpecEvent: { EventType: "Start_Of_ROSpec", ROSpecID: id, PreemptingROSpecID: 0 } });
  for (const [epc, tid] of Object.entries(tags)) {
    const seen = { "EPC_96": { EPC: epc }, ROSpecID: { ROSpecID: id }, AntennaID: { AntennaID: 1 }, PeakRSSI: { PeakRSSI: -55 }, C1G2_PC: { PC_Bits: 0x3400 } };
    if (access && access.getROSpecID() === id) {
      const op = access.getAccessCommand().getAccessCommandOpSpec();
      const one = Array.isArray(op) ? op[0] : op;
      const bank = { 1: "00003400" + epc, 2: tid, 3: "" }[Number(one.getMB())] ?? "";
      const words = (bank.match(/.{4}/g) ?? []).map((w) => parseInt(w, 16)).slice(one.getWordPointer());
      const n = one.getWordCount ? one.getWordCount() : words.length;
      Object.assign(seen, { AccessSpecID: { AccessSpecID: access.getAccessSpecID() }, C1G2ReadOpSpecResult: { Result: n <= words.length ? "Success" : "Nonspecific_Tag_Error", OpSpecID: 1, ReadData: n <= words.length ? words.slice(0, n) : [] } });
      access = null;
    }
    await send(new LLRPCore.RO_ACCESS_REPORT({ id: 0, data: { TagReportData: seen } }));
  }
  await event({ ROSpecEvent: { EventType: "End_Of_ROSpec", ROSpecID: id, PreemptingROSpecID: 0 } });
});
server.listen();
log("listening");
