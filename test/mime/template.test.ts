/** Values in templates: each is what it is said to be where it stands, whatever it holds. */
import fc from 'fast-check'
import { Parser } from 'htmlparser2'
import { describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { refuseTemplate, renderTemplate, type Template, type Variables } from '../../src/mime/template.ts'

const of = (over: Partial<Template>): Template => ({ subject: '', text: 'x', html: null, ...over })
const html = (source: string, variables: Variables) => {
  const rendered = renderTemplate(of({ html: source }), variables)
  return isFailure(rendered) ? rendered : rendered.html
}

describe('a template', () => {
  it('is filled by the place of each value', () => {
    const template = {
      subject: 'Hi {{ name }}, {{n}}',
      text: 'Hi {{name}}\n{{link}}',
      html: '<p title="{{name}}">{{name}} <a href="{{link}}">x</a><a href=\'https://a.example/?q={{name}}\'>y</a>',
    }
    expect(renderTemplate(template, { name: 'A & "B"\r\nBcc: <x>', n: 3, link: 'https://a.example/?a=1&b=2' })).toEqual(
      {
        subject: 'Hi A & "B" Bcc: <x>, 3',
        text: 'Hi A & "B"\r\nBcc: <x>\nhttps://a.example/?a=1&b=2',
        html:
          '<p title="A &amp; &quot;B&quot;\r\nBcc: &lt;x&gt;">A &amp; &quot;B&quot;\r\nBcc: &lt;x&gt; ' +
          '<a href="https://a.example/?a=1&amp;b=2">x</a>' +
          "<a href='https://a.example/?q=A%20%26%20%22B%22%0D%0ABcc%3A%20%3Cx%3E'>y</a>",
      },
    )
  })

  it('writes no value past the quote around an address', () => {
    const template = of({ html: "<a href='https://a.example/{{v}}'>x</a>" })
    expect(renderTemplate(template, { v: "'id'(x)" })).toMatchObject({
      html: "<a href='https://a.example/&#39;id&#39;(x)'>x</a>",
    })
  })

  it('names what is missing, and takes no name that objects have by themselves', () => {
    expect(renderTemplate(of({ subject: '{{a}} {{b}} {{a}}', text: '{{toString}}' }), { b: '' })).toMatchObject({
      failure: 'invalid',
      field: 'variables',
      detail: 'The template wants variables that are not given: a, toString.',
    })
  })

  it('is filled once: a value is no template', () => {
    expect(renderTemplate(of({ text: '{{a}}{{b}}' }), { a: '{{b}}', b: '$&' })).toMatchObject({ text: '{{b}}$&' })
  })

  it.each([
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '/path',
    '',
  ])('takes no address %j', (link) => {
    expect(html('<a href="{{link}}">x</a>', { link })).toMatchObject({ failure: 'invalid', field: 'variables/link' })
  })

  it.each([
    '<a href={{x}}>',
    '<{{x}}>',
    '<b {{x}}>',
    '<b {{x}}="a">',
    '<b onclick="f(\'{{x}}\')">',
    '<b style="color:{{x}}">',
    '<script>{{x}}</script>',
    '<style>{{x}}</style>',
    '<style/><b>{{x}}</b>',
    '<title /><a href="{{x}}">a</a>',
    `<a href="javascript:f('{{x}}')">a</a>`,
    '<a href="data:text/html,{{x}}">a</a>',
    '<a href="/path/{{x}}">a</a>',
    '<a href="java&#115;cript:{{x}}">a</a>',
    '<title>{{x}}</title>',
    '<textarea>{{x}}</textarea>',
    '<!-- {{x}} -->',
    '<!doctype {{x}}>',
    '<img srcset="{{x}}">',
    '<form action="{{x}}">',
    '<a href="{{x}}evil">',
    '<a href="a',
    '{{x',
    '{{}}',
    '{{x y}}',
    '</{{x}}>',
    '<!{{x}}>',
    '{{x.y}}',
    '\ue0000\ue001',
  ])('is refused with %s', (source) => {
    const whole =
      source.includes('{{x}}') || source.includes('{{') || source.includes('\ue000') ? source : `${source}{{x}}`
    expect(refuseTemplate(of({ html: whole }))).toMatchObject({ failure: 'invalid', field: 'html' })
  })

  it('has bounds', () => {
    expect(refuseTemplate(of({ text: 'x'.repeat(256 * 1024 + 1) }))).toMatchObject({ failure: 'too-large' })
    expect(refuseTemplate(of({ text: '{{x}}'.repeat(1_001) }))).toMatchObject({ failure: 'invalid' })
    expect(refuseTemplate(of({ text: null }))).toMatchObject({ field: 'text' })
    expect(renderTemplate(of({ text: '{{x}}'.repeat(1_000) }), { x: 'x'.repeat(64 * 1024) })).toMatchObject({
      failure: 'too-large',
    })
  })

  it('never lets a value become markup, a line, or a link that runs', () => {
    const value = fc.string({
      unit: fc.oneof(
        fc.constantFrom(
          '<',
          '>',
          '"',
          "'",
          '&',
          '\r',
          '\n',
          '=',
          '/',
          ' ',
          '{{',
          '}}',
          'javascript:',
          '<script>',
          '-->',
          '\0',
        ),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
      ),
      maxLength: 30,
    })
    const source = '<p title="{{a}}" class=\'{{b}}\'>{{c}}<a href="https://a.example/{{a}}?{{b}}">{{b}}</a></p>'
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const rendered = renderTemplate(of({ subject: '{{a}}', html: source }), { a, b, c })
        if (isFailure(rendered)) throw new Error(rendered.detail)
        expect(rendered.subject).not.toMatch(/[\r\n\0]/)
        const seen: string[] = []
        const parser = new Parser({
          onopentag: (name, attributes) => seen.push([name, ...Object.keys(attributes)].join(' ')),
        })
        parser.end(rendered.html ?? '')
        expect(seen).toEqual(['p title class', 'a href'])
        expect(rendered.html).toContain('href="https://a.example/')
      }),
      { numRuns: 500 },
    )
  })
})
