package official

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// scanner reads XML tokens without resolving name spaces, which a workbook's
// reader has no use for and which take a third of the time; that tags pair is
// checked here instead.
type scanner struct {
	d     *xml.Decoder
	stack []xml.Name
}

// maxDepth is far beyond any part an office program writes.
const maxDepth = 256

func newScanner(r io.Reader) *scanner { return &scanner{d: xml.NewDecoder(r)} }

// token returns the next token; its bytes are good until the next call. At the
// end of a well-formed document it returns io.EOF.
func (s *scanner) token() (xml.Token, error) {
	tok, err := s.d.RawToken()
	if err != nil {
		if err == io.EOF && len(s.stack) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch el := tok.(type) {
	case xml.StartElement:
		if len(s.stack) >= maxDepth {
			return nil, fmt.Errorf("elements nested deeper than %d", maxDepth)
		}
		s.stack = append(s.stack, el.Name)
	case xml.EndElement:
		n := len(s.stack)
		if n == 0 || s.stack[n-1] != el.Name {
			return nil, fmt.Errorf("element <%.40s> ended where another is open", el.Name.Local)
		}
		s.stack = s.stack[:n-1]
	}
	return tok, nil
}

// starts yields the start elements of a part together with the scanner, which
// may be read on from there. The part must be well-formed to its end and free
// of a document type declaration, which no office program writes: errDirective.
func starts(r io.Reader, each func(d *scanner, se xml.StartElement) error) error {
	d := newScanner(r)
	for {
		tok, err := d.token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch el := tok.(type) {
		case xml.Directive:
			return errDirective
		case xml.StartElement:
			if err := each(d, el); err != nil {
				return err
			}
		}
	}
}

// errDirective is a document type declaration.
var errDirective = errors.New("document type declaration in a part")

// skip reads to the end of the element whose start was the last token.
func (s *scanner) skip() error {
	for depth := len(s.stack); len(s.stack) >= depth; {
		if _, err := s.token(); err != nil {
			return err
		}
	}
	return nil
}
