package library

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Type is what sort of information an item is.
type Type string

// The types of item that the house itself has rules for. The list, with what
// each type asks, is data: types.json.
const (
	News           Type = "news"
	Notice         Type = "notice"
	Policy         Type = "policy"
	Interpretation Type = "interpretation"
	Overview       Type = "overview"
	Organisation   Type = "organisation" // unit profile
	Leader         Type = "leader"
	Disclosure     Type = "disclosure"
	AnnualReport   Type = "annual_report"
	Data           Type = "data" // data set
	Guide          Type = "guide"
	Interaction    Type = "interaction"
	Response       Type = "response"
	Rebuttal       Type = "rebuttal" // of a rumour
	QA             Type = "qa"
	Topic          Type = "topic"
	Pictures       Type = "pictures"
	Media          Type = "media" // video and audio
	Attachment     Type = "attachment"
)

// TypePack is the declared types and resource categories.
type TypePack struct {
	ID         string     `json:"id"`
	Version    int        `json:"version"`
	Source     string     `json:"source"`
	Confidence string     `json:"confidence"`
	Categories []Category `json:"categories"`
	Genres     []string   `json:"genres"` // 体裁
	Types      []Sort     `json:"types"`
}

// Category is a resource category with its code.
type Category struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Sort is one type with what it asks beside what every item says.
type Sort struct {
	Type     Type       `json:"type"`
	Name     string     `json:"name"`
	Says     string     `json:"says"`     // what it is for, one line
	Category string     `json:"category"` // where nothing else is said
	Indexed  bool       `json:"indexed"`  // gets an index number at its first release
	Validity bool       `json:"validity"` // 有效 失效 废止 已修改 尚未生效
	Asks     []string   `json:"asks"`     // of the fields of documents
	Fields   []Question `json:"fields"`   // its own, kept as Answers
}

// Question is a field that one type asks.
type Question struct {
	Name     string       `json:"name"`
	Label    string       `json:"label"`
	Kind     QuestionKind `json:"kind"`
	Required bool         `json:"required"`
	Max      int          `json:"max"` // characters; the largest number of a number
	Hint     string       `json:"hint"`
	Options  []string     `json:"options"`
	Shown    bool         `json:"shown"` // stands on the public page
}

// QuestionKind is how an answer is typed and judged.
type QuestionKind string

// The kinds of question.
const (
	AskLine     QuestionKind = "line"
	AskLines    QuestionKind = "lines"
	AskDate     QuestionKind = "date"
	AskYear     QuestionKind = "year"
	AskNumber   QuestionKind = "number"
	AskChoice   QuestionKind = "choice"
	AskChoices  QuestionKind = "choices" // several, one a line
	AskPhone    QuestionKind = "phone"
	AskPostcode QuestionKind = "postcode"
	AskAddress  QuestionKind = "address"  // of the web
	AskMedia    QuestionKind = "media"    // path of a file of the media library
	AskDuration QuestionKind = "duration" // 03:25, 1:02:03
	AskMapNo    QuestionKind = "map_no"   // 审图号
)

var questionKinds = []QuestionKind{AskLine, AskLines, AskDate, AskYear, AskNumber, AskChoice, AskChoices, AskPhone, AskPostcode, AskAddress, AskMedia, AskDuration, AskMapNo}

// documentFields are the words allowed in asks.
var documentFields = []string{"doc_no", "issuer", "co_issuers", "written", "effective_on", "ends_on", "index_no", "topic", "genre", "subject_words", "filing_no", "drafter"}

//go:embed types.json
var typesFile []byte

// MaxTypePack bounds a pack of types, in bytes.
const MaxTypePack = 1 << 20

// Declared is the pack that comes with the program.
var Declared = sync.OnceValue(func() TypePack {
	p, err := DecodeTypes(typesFile)
	if err != nil { // held by a test
		panic(fmt.Sprintf("library: types.json: %v", err))
	}
	return p
})

var (
	typeName     = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)
	categoryCode = regexp.MustCompile(`^[0-9]{2}([0-9]{2})?$`)
)

// DecodeTypes reads a pack strictly: unknown names, trailing bytes and whatever
// does not fit together are refused.
func DecodeTypes(b []byte) (TypePack, error) {
	var p TypePack
	if len(b) > MaxTypePack {
		return p, fmt.Errorf("the pack is larger than %d bytes", MaxTypePack)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return p, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return p, errors.New("something follows the pack")
	}
	return p, p.wrong()
}

func (p TypePack) wrong() error {
	var wrong []error
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	say(p.ID == "" || p.Version < 1 || p.Source == "" || p.Confidence == "", "id, version, source and confidence are needed")
	codes := map[string]bool{}
	for _, c := range p.Categories {
		say(!categoryCode.MatchString(c.Code) || c.Name == "", "category %q needs two or four figures and a name", c.Code)
		say(codes[c.Code], "category %s stands twice", c.Code)
		codes[c.Code] = true
		say(len(c.Code) == 4 && !codes[c.Code[:2]], "category %s comes before its group", c.Code)
	}
	types, names := map[Type]bool{}, map[string]bool{}
	for _, t := range p.Types {
		say(!typeName.MatchString(string(t.Type)) || t.Name == "" || t.Says == "", "type %q needs a name and what it is for", t.Type)
		say(types[t.Type] || names[t.Name], "type %s stands twice", t.Type)
		types[t.Type], names[t.Name] = true, true
		say(!codes[t.Category], "type %s: category %q is not declared", t.Type, t.Category)
		for i, a := range t.Asks {
			say(!slices.Contains(documentFields, a) || slices.Contains(t.Asks[:i], a), "type %s asks %q", t.Type, a)
		}
		say(t.Indexed && !slices.Contains(t.Asks, "index_no"), "type %s is indexed and does not show its index number", t.Type)
		seen := map[string]bool{}
		for _, q := range t.Fields {
			say(!typeName.MatchString(q.Name) || q.Label == "" || seen[q.Name], "type %s: question %q needs a name of its own and a label", t.Type, q.Name)
			seen[q.Name] = true
			say(!slices.Contains(questionKinds, q.Kind), "type %s: %s: kind %q", t.Type, q.Name, q.Kind)
			say((q.Kind == AskChoice || q.Kind == AskChoices) != (len(q.Options) > 0), "type %s: %s: options belong to choices", t.Type, q.Name)
			say((q.Kind == AskLine || q.Kind == AskLines || q.Kind == AskNumber) != (q.Max > 0), "type %s: %s: max belongs to lines and numbers", t.Type, q.Name)
		}
	}
	return errors.Join(wrong...)
}

// Types is the closed list in the order of forms.
var Types = func() []Type {
	var out []Type
	for _, t := range Declared().Types {
		out = append(out, t.Type)
	}
	return out
}()

// Sort is the type as declared; the zero Sort for an unknown one.
func (t Type) Sort() Sort {
	for _, s := range Declared().Types {
		if s.Type == t {
			return s
		}
	}
	return Sort{}
}

// Name is the type in Chinese, empty for an unknown one.
func (t Type) Name() string { return t.Sort().Name }

// AsksFor reports whether the type asks a field of documents.
func (s Sort) AsksFor(field string) bool { return slices.Contains(s.Asks, field) }

// Question of the type by its name.
func (s Sort) Question(name string) (Question, bool) {
	i := slices.IndexFunc(s.Fields, func(q Question) bool { return q.Name == name })
	if i < 0 {
		return Question{}, false
	}
	return s.Fields[i], true
}

// CategoryName is a resource category with its group, 政策文件 / 规章; what is no
// code stands as it is, for what came in with words of its own.
func CategoryName(code string) string {
	name := func(code string) string {
		for _, c := range Declared().Categories {
			if c.Code == code {
				return c.Name
			}
		}
		return ""
	}
	switch n := name(code); {
	case n == "":
		return code
	case len(code) == 4:
		return name(code[:2]) + " / " + n
	default:
		return n
	}
}

// CategoryOf finds the code of a category given as code or as name; empty for
// none. A name that two groups know is the first.
func CategoryOf(s string) string {
	for _, c := range Declared().Categories {
		if s != "" && (c.Code == s || c.Name == s || CategoryName(c.Code) == s) {
			return c.Code
		}
	}
	return ""
}

// Coded is the code under which the item is counted: its category where that
// is one, else the one of its type.
func (m Meta) Coded() string {
	if c := CategoryOf(m.Category); c != "" {
		return c
	}
	return m.Type.Sort().Category
}

// Answers are what an item says to the questions of its type: name → answer,
// several values one a line.
type Answers map[string]string

// Scan reads the JSON kept in the database.
func (a *Answers) Scan(src any) error {
	*a = nil
	var b []byte
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("library: cannot read %T as answers", src)
	}
	if s := strings.TrimSpace(string(b)); s == "" || s == "{}" {
		return nil
	}
	return json.Unmarshal(b, (*map[string]string)(a))
}

// text is the JSON as it is kept, names in order.
func (a Answers) text() string {
	if len(a) == 0 {
		return "{}"
	}
	b, err := json.Marshal(map[string]string(a))
	if err != nil { // words only
		return "{}"
	}
	return string(b)
}
