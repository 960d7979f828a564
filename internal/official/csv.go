package official

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// openCSV looks through the whole file once to settle its encoding (a ledger
// may hold its first Chinese character on row 5,000) and its separator.
func (t *Table) openCSV(r io.ReaderAt, size int64, gz bool) error {
	source := func() (io.Reader, error) {
		s := io.NewSectionReader(r, 0, size)
		if !gz {
			return s, nil
		}
		z, err := gzip.NewReader(bufio.NewReader(s))
		if err != nil {
			return nil, t.broken(err)
		}
		return &guarded{r: z, name: t.Name, packed: size, limits: t.limits, spent: new(int64)}, nil
	}
	in, err := source()
	if err != nil {
		return err
	}
	look, err := inspect(in)
	if err != nil {
		return t.broken(err)
	}
	if look.binary {
		return refuse(nil, "文件“%s”不是文字表格，请用表格软件另存为“CSV（逗号分隔）”或.xlsx后再导入。", t.Name)
	}
	t.Encoding, t.Separator = look.name, look.separator
	if look.name == "GB18030" {
		t.Notes = append(t.Notes, "文件按GB18030编码读取；如有乱码，请另存为UTF-8编码的CSV。")
	}
	t.open = func() iter.Seq2[raw, error] {
		return func(yield func(raw, error) bool) {
			in, err := source()
			if err != nil {
				yield(raw{}, err)
				return
			}
			c := &csvReader{
				in:  bufio.NewReaderSize(transform.NewReader(in, look.decoder()), 64<<10),
				sep: look.separator, limits: t.limits, name: t.Name,
			}
			for {
				cells, number, err := c.row()
				if err == io.EOF {
					return
				}
				if err != nil {
					yield(raw{}, t.broken(err))
					return
				}
				row := raw{number: number, cells: cells}
				for i, cell := range cells {
					if strings.ContainsRune(cell, utf8.RuneError) {
						row.warnings = append(row.warnings, fmt.Sprintf("第%d行第%s列有无法识别的字符，请核对原文件。", number, ColumnName(i+1)))
					}
				}
				if c.stray {
					c.stray = false
					row.warnings = append(row.warnings, fmt.Sprintf("第%d行的双引号不成对，已按原样读取，请核对。", number))
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
	return nil
}

// broken turns a decompressor's complaint into a sentence and lets others pass.
func (t *Table) broken(err error) error {
	var fe *FileError
	switch {
	case errors.As(err, &fe):
		return fe
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, new(flate.CorruptInputError)):
		return refuse(err, "压缩文件“%s”已损坏或不完整，请重新压缩或上传。", t.Name)
	}
	return fmt.Errorf("read table: %w", err)
}

// look is what a first reading of a text file tells.
type look struct {
	name      string
	decoder   func() transform.Transformer
	separator rune
	binary    bool
}

// inspect reads to the end.
func inspect(r io.Reader) (look, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(8 << 10)
	if err != nil && err != io.EOF && len(head) == 0 {
		return look{}, err
	}
	head = bytes.Clone(head)
	l := look{name: "UTF-8", decoder: func() transform.Transformer { return unicode.UTF8BOM.NewDecoder() }}
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		l.name = "UTF-16"
		l.decoder = func() transform.Transformer {
			return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		}
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		l.name = "UTF-16"
		l.decoder = func() transform.Transformer {
			return unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder()
		}
	default:
		// A file of UTF-8 with a few broken characters stays UTF-8: read as
		// GB18030 all of it would be spoilt. Text in GB18030 has hardly a pair
		// of bytes that is sound UTF-8.
		good, bad := 0, 0
		var carry []byte
		buf := make([]byte, 64<<10)
		for {
			n, err := br.Read(buf)
			chunk := append(carry, buf[:n]...)
			if bytes.IndexByte(chunk, 0) >= 0 {
				l.binary = true
				return l, nil
			}
			carry = nil
			if utf8.Valid(chunk) {
				good += (len(chunk) - utf8.RuneCount(chunk)) / 2
				chunk = nil
			}
			for len(chunk) > 0 {
				c, size := utf8.DecodeRune(chunk)
				if c == utf8.RuneError && size <= 1 {
					if err == nil && !utf8.FullRune(chunk) {
						// A character cut by the end of the chunk waits for the rest.
						carry = bytes.Clone(chunk)
						break
					}
					bad++
				} else if size > 1 {
					good++
				}
				chunk = chunk[size:]
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return look{}, err
			}
		}
		if bad > 0 && good < 20*bad {
			l.name = "GB18030"
			l.decoder = func() transform.Transformer { return simplifiedchinese.GB18030.NewDecoder() }
		}
	}
	text, _, err := transform.Bytes(l.decoder(), head)
	if err != nil && !errors.Is(err, transform.ErrShortSrc) && !errors.Is(err, encoding.ErrInvalidUTF8) {
		return look{}, refuse(err, "文件的编码无法识别，请另存为UTF-8编码的CSV。")
	}
	l.separator = separator(string(text))
	return l, nil
}

// separator guesses from the first lines: the candidate met most often outside
// quotes, the comma when none is met.
func separator(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',' || c == ';' || c == '\t':
			counts[c]++
		}
	}
	best := ','
	for _, c := range []rune{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// csvReader reads RFC 4180 with the licence people take with it: any line end,
// ragged rows, quotes inside unquoted cells. The standard library's reader has
// no bound on a cell (one forgotten quote swallows the file) and passes over
// empty lines, so that its row numbers are not those on the screen.
type csvReader struct {
	in     *bufio.Reader
	sep    rune
	limits Limits
	name   string
	number int
	stray  bool // a quote that did not pair was met in the row
}

// row returns the next row and its number, io.EOF after the last.
func (c *csvReader) row() ([]string, int, error) {
	c.number++
	var cells []string
	var cell strings.Builder
	quoted, wasQuoted, any := false, false, false
	add := func() error {
		if len(cells) >= c.limits.Columns {
			return refuse(nil, "文件“%s”第%d行超过%d列，请核对分隔符或拆分表格。", c.name, c.number, c.limits.Columns)
		}
		text := cell.String()
		if c.number == 1 && len(cells) == 0 {
			text = strings.TrimPrefix(text, "\ufeff") // the mark in GB18030, which its decoder keeps
		}
		cells = append(cells, text)
		cell.Reset()
		wasQuoted = false
		return nil
	}
	for {
		r, _, err := c.in.ReadRune()
		if err == io.EOF {
			if quoted {
				return nil, c.number, refuse(nil, "文件“%s”从第%d行起有一个双引号没有结束，请在原文件中补上或删去。", c.name, c.number)
			}
			if !any {
				return nil, c.number, io.EOF
			}
			err = add()
			return cells, c.number, err
		}
		if err != nil {
			return nil, c.number, err
		}
		any = true
		if r == '\r' {
			// A lone return ends a line too (old spreadsheet programs on Mac).
			next, _, err := c.in.ReadRune()
			if err == nil && next != '\n' {
				_ = c.in.UnreadRune()
			}
			r = '\n'
		}
		switch {
		case quoted && r == '"':
			next, _, err := c.in.ReadRune()
			switch {
			case err == nil && next == '"':
				cell.WriteRune('"')
			case err == nil:
				_ = c.in.UnreadRune()
				quoted = false
			default:
				quoted = false
			}
		case quoted:
			cell.WriteRune(r)
		case r == '"' && cell.Len() == 0 && !wasQuoted:
			quoted, wasQuoted = true, true
		case r == c.sep:
			if err := add(); err != nil {
				return nil, c.number, err
			}
		case r == '\n':
			err = add()
			return cells, c.number, err
		default:
			if r == '"' || wasQuoted && r != ' ' {
				c.stray = true
			}
			cell.WriteRune(r)
		}
		if cell.Len() > c.limits.Cell {
			return nil, c.number, refuse(nil, "文件“%s”第%d行第%s列的内容超过%s，请核对是否少写了双引号。", c.name, c.number, ColumnName(len(cells)+1), sizeText(int64(c.limits.Cell)))
		}
	}
}
