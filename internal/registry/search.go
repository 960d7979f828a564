package registry

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mozillazg/go-pinyin"
	"github.com/oklog/ulid/v2"
	"golang.org/x/net/idna"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/intake"
)

// spoken is a record by what it is searched by.
type spoken struct {
	kind, id string
	names    []string // also found by their pinyin and initials
	numbers  []string // codes, addresses
	at       time.Time
	made     string // of a unit: the names, so that a renamed one is noticed
}

// second are the characters of Chinese place and office names whose usual
// reading is not the one a dictionary gives first.
var second = map[rune]string{'长': "chang", '重': "chong", '乐': "le", '都': "du", '行': "xing", '朝': "chao", '调': "diao", '石': "shi", '厦': "xia", '会': "hui", '系': "xi", '地': "di", '单': "dan", '曲': "qu", '盖': "gai"}

// spell gives the pinyin of a name without tones, and its initials. Letters and
// figures stay as they are.
func spell(name string) (full, initials string) {
	args := pinyin.NewArgs()
	var a, b strings.Builder
	for _, r := range name {
		switch {
		case second[r] != "":
			a.WriteString(second[r])
			b.WriteByte(second[r][0])
		case r < 128:
			if r > ' ' {
				a.WriteRune(r)
				b.WriteRune(r)
			}
		default:
			if s := pinyin.SinglePinyin(r, args); len(s) > 0 && s[0] != "" {
				a.WriteString(s[0])
				b.WriteByte(s[0][0])
			}
		}
	}
	return strings.ToLower(a.String()), strings.ToLower(b.String())
}

// plainText brings what is searched and what is searched for to one form:
// lower case, half width, no unseen characters, no blanks.
func plainText(s string) string {
	clean, _ := intake.Tidy(s, true)
	return strings.ToLower(clean)
}

// text is the record as one searchable text: its forms separated by line ends,
// which no query contains.
func (s spoken) text() string {
	var out []string
	add := func(form string) {
		if form != "" && !slices.Contains(out, form) {
			out = append(out, form)
		}
	}
	for _, n := range s.names {
		add(plainText(n))
	}
	for _, n := range s.numbers {
		add(plainText(n))
	}
	for _, n := range s.names {
		full, initials := spell(plainText(n))
		if full != plainText(n) {
			add(full)
			add(initials)
		}
	}
	return strings.Join(out, "\n")
}

// index keeps the search text of records that were written in the transaction.
func index(ctx context.Context, tx *db.Tx, records ...spoken) error {
	if len(records) == 0 {
		return nil
	}
	const some = 500
	for from := 0; from < len(records); from += some {
		part := records[from:min(len(records), from+some)]
		ids := make([]string, len(part))
		rows := make([][]any, len(part))
		rev := ulid.Make().String()
		for i, r := range part {
			ids[i] = r.id
			rows[i] = []any{r.id, r.kind, r.text(), r.at, r.made, rev}
		}
		var w db.Where
		cond, args := db.In("id", ids)
		w.And(cond, args...)
		if _, err := tx.Quiet(ctx, `DELETE FROM ledger_text WHERE `+w.SQL(), w.Args()...); err != nil {
			return err
		}
		if err := tx.InsertAll(ctx, "ledger_text", []string{"id", "kind", "text", "at", "made", "rev"}, rows); err != nil {
			return err
		}
	}
	return nil
}

// stale finds records whose search text is missing or older than they are.
// Writers index in their own transaction where they can; the sweep brings in
// the rest: records from before the table, units that were renamed.
var stale = []struct {
	kind, query string
	scan        func(db.Scanner) (spoken, error)
}{
	{"unit", `SELECT u.id, u.name, u.short_name, u.created_at FROM unit u LEFT JOIN ledger_text t ON t.id = u.id
		WHERE t.id IS NULL OR t.made <> u.name || '|' || u.short_name LIMIT $1`, scanUnitText},
	{"site", siteText + ` LEFT JOIN ledger_text t ON t.id = s.id WHERE t.id IS NULL OR t.at < s.updated_at LIMIT $1`, scanSiteText},
	{"domain", domainText + ` LEFT JOIN ledger_text t ON t.id = d.id WHERE t.id IS NULL OR t.at < d.updated_at LIMIT $1`, scanDomainText},
	{"account", accountText + ` LEFT JOIN ledger_text t ON t.id = c.id WHERE t.id IS NULL OR t.at < c.updated_at LIMIT $1`, scanAccountText},
}

const (
	siteText    = `SELECT s.id, s.name, s.host, s.chinese_domain, s.slug, s.site_code, s.icp, s.police_filing, s.party_gov_mark, s.updated_at FROM site s`
	domainText  = `SELECT d.id, d.host, d.shown, d.icp, d.registrar, COALESCE(s.name, ''), d.updated_at FROM domain d LEFT JOIN site s ON s.id = d.site_id`
	accountText = `SELECT c.id, c.name, c.url, c.handle, c.platform_id, c.national_id, c.updated_at FROM account c`
)

func scanUnitText(r db.Scanner) (spoken, error) {
	s := spoken{kind: "unit"}
	var name, short string
	err := r.Scan(&s.id, &name, &short, &s.at)
	s.names, s.made = []string{name, short}, name+"|"+short
	return s, err
}

func scanSiteText(r db.Scanner) (spoken, error) {
	s := spoken{kind: "site", names: make([]string, 1), numbers: make([]string, 7)}
	n := s.numbers
	err := r.Scan(&s.id, &s.names[0], &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &s.at)
	if shown, uerr := idna.ToUnicode(n[0]); uerr == nil && shown != n[0] {
		s.numbers = append(s.numbers, shown)
	}
	return s, err
}

func scanDomainText(r db.Scanner) (spoken, error) {
	s := spoken{kind: "domain", names: make([]string, 2), numbers: make([]string, 3)}
	err := r.Scan(&s.id, &s.numbers[0], &s.names[0], &s.numbers[1], &s.numbers[2], &s.names[1], &s.at)
	return s, err
}

func scanAccountText(r db.Scanner) (spoken, error) {
	s := spoken{kind: "account", names: make([]string, 1), numbers: make([]string, 4)}
	n := s.numbers
	err := r.Scan(&s.id, &s.names[0], &n[0], &n[1], &n[2], &n[3], &s.at)
	return s, err
}

// SweepSearch brings the search text of the ledger up to date and returns how
// many records it took. It is a duty of the house; a transaction holds a
// thousand records at most.
func (s *Service) SweepSearch(ctx context.Context) (int, error) {
	const some = 1000
	n := 0
	for _, q := range stale {
		for {
			list, err := db.All(ctx, s.db, q.scan, q.query, some)
			if err != nil {
				return n, err
			}
			if len(list) == 0 {
				break
			}
			err = s.db.Update(ctx, func(tx *db.Tx) error {
				if err := withFormerNames(ctx, tx, q.kind, list); err != nil {
					return err
				}
				return index(ctx, tx, list...)
			})
			if err != nil {
				return n, err
			}
			n += len(list)
			if len(list) < some {
				break
			}
		}
	}
	if s.texts.stale(s.db.Now()) {
		if err := s.texts.refresh(ctx, s.db, s.db.Now(), true); err != nil {
			return n, err
		}
	}
	return n, s.placeRecords(ctx)
}

// placeRecords mends the place of records that is not their unit's.
func (s *Service) placeRecords(ctx context.Context) error {
	for _, table := range []string{"site", "account", "domain"} {
		wrong := ` FROM unit u WHERE u.id = ` + table + `.unit_id AND (` + table + `.area_path IS NULL OR ` + table + `.area_path <> u.area_path)`
		n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM `+table+` WHERE EXISTS (SELECT 1`+wrong+`)`)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE `+table+` SET area_path = (SELECT u.area_path FROM unit u WHERE u.id = `+table+`.unit_id) WHERE EXISTS (SELECT 1`+wrong+`)`); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "registry.place", Target: audit.Target{Kind: "ledger", ID: table, Name: "台账排列"}, After: map[string]any{"records": n}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reindex keeps the search text of one record that has just been written.
func reindex(ctx context.Context, tx *db.Tx, kind, id string) error {
	query, scan := siteText+` WHERE s.id = $1`, scanSiteText
	switch kind {
	case "account":
		query, scan = accountText+` WHERE c.id = $1`, scanAccountText
	case "domain":
		query, scan = domainText+` WHERE d.id = $1`, scanDomainText
	}
	list, err := db.All(ctx, tx, scan, query, id)
	if err != nil {
		return err
	}
	if err := withFormerNames(ctx, tx, kind, list); err != nil {
		return err
	}
	return index(ctx, tx, list...)
}

// withFormerNames adds the names that sites and accounts had.
func withFormerNames(ctx context.Context, q db.Querier, kind string, list []spoken) error {
	if kind == "unit" || kind == "domain" {
		return nil
	}
	at := make(map[string]int, len(list))
	ids := make([]string, len(list))
	for i, r := range list {
		at[r.id], ids[i] = i, r.id
	}
	var w db.Where
	cond, args := db.In("object_id", ids)
	w.And("kind = ?", kind).And(cond, args...)
	_, err := db.All(ctx, q, func(r db.Scanner) (struct{}, error) {
		var id, name string
		err := r.Scan(&id, &name)
		if i, ok := at[id]; ok {
			list[i].names = append(list[i].names, name)
		}
		return struct{}{}, err
	}, `SELECT object_id, name FROM object_name WHERE `+w.SQL()+` ORDER BY until_on DESC`, w.Args()...)
	return err
}

// few is how many records are read whole and sorted here; more are read in the
// order of the list, as far as the page.
const few = 2000

// many is how far a walk for words counts.
const many = 1000

// words are what a person typed, in the form that is searched. An address is
// searched by its host.
func words(text string) []string {
	var out []string
	for _, w := range strings.Fields(strings.NewReplacer("\u3000", " ", "，", " ", "、", " ").Replace(text)) {
		w = plainText(w)
		for _, scheme := range []string{"https://", "http://"} {
			if rest, ok := strings.CutPrefix(w, scheme); ok && !strings.Contains(strings.TrimSuffix(rest, "/"), "/") {
				w = strings.TrimSuffix(rest, "/")
			}
		}
		if w != "" && len(out) < 3 {
			out = append(out, w)
		}
	}
	return out
}

// found is what a search came to: for each word the records that meet it, by
// their own text or their unit's. Every word must be met.
type found []foundWord

type foundWord struct{ ids, units map[string]bool }

func (w foundWord) size() int { return len(w.ids) + len(w.units) }

// find searches the ledger for records of the kind.
func (s *Service) find(ctx context.Context, kind, text string) (found, error) {
	var out found
	for i, word := range words(text) {
		if i == 0 {
			if err := s.texts.refresh(ctx, s.db, s.db.Now(), false); err != nil {
				return nil, err
			}
		}
		out = append(out, foundWord{s.texts.meeting(kind, word), s.texts.meeting("unit", word)})
	}
	return out, nil
}

// meets reports whether a record, or its unit, meets every word.
func (f found) meets(id, unit string) bool {
	for _, w := range f {
		if !w.ids[id] && !w.units[unit] {
			return false
		}
	}
	return true
}

// rarest is the word that fewest records meet.
func (f found) rarest() foundWord {
	return slices.MinFunc(f, func(a, b foundWord) int { return a.size() - b.size() })
}
