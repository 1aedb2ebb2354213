export default globalThis.tapOfRun
