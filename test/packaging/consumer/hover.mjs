// What an editor shows for a word of app.mts, asked of the language service that editors use.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import ts from 'typescript-5.9'

const file = 'app.mts'
const text = readFileSync(file, 'utf8')
const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
const service = ts.createLanguageService({
  getScriptFileNames: () => [file],
  getScriptVersion: () => '1',
  getScriptSnapshot: name => {
    const content = ts.sys.readFile(name)
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
  },
  getCurrentDirectory: () => process.cwd(),
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
})

/** The signature and the documentation at the first use of a word. */
function hover(use) {
  const at = text.indexOf(use)
  assert.notEqual(at, -1, `app.mts does not have ${use}`)
  const info = service.getQuickInfoAtPosition(file, at)
  assert(info, `nothing is shown for ${use}`)
  const parts = [info.displayParts, info.documentation, ...(info.tags ?? []).map(tag => tag.text)]
  return parts.map(part => ts.displayPartsToString(part).replace(/\s+/g, ' ')).join('\n')
}

const shown = hover('encrypted(string())')
for (const phrase of [
  'encrypted<', // the signature
  'what is saved is ciphertext, what is loaded is what was saved',
  'Input and output types stay those of the schema',
  'cannot be used in conditions',
  '$set(',
  'register',
  'ssn: encrypted(string())', // the example
  'invalid-schema',
]) {
  assert(shown.includes(phrase), `Hovering over encrypted does not say "${phrase}":\n${shown}`)
}
assert.match(hover('sealDocumentClient('), /Wraps a document client.*register its entities/s)
assert.match(hover('register('), /Register every entity of a table/)
