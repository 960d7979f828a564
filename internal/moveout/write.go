package moveout

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// system is the scope of the work; the scope of who asked was checked when they
// did.
var system = authz.System("moveout")

// SiteFile is site.json.
type SiteFile struct {
	Name          string            `json:"name"`
	Kind          registry.SiteKind `json:"kind"`
	Host          string            `json:"host"`
	ChineseDomain string            `json:"chinese_domain,omitempty"`
	Slug          string            `json:"slug"`
	Sponsor       string            `json:"sponsor"`
	SiteCode      string            `json:"site_code,omitempty"`
	ICP           string            `json:"icp,omitempty"`
	PoliceFiling  string            `json:"police_filing,omitempty"`
	PartyGovMark  string            `json:"party_gov_mark,omitempty"`
	Contact       string            `json:"contact,omitempty"`
	Address       string            `json:"address,omitempty"`
	LaunchedOn    calendar.Date     `json:"launched_on,omitzero"`
	Columns       []ColumnFile      `json:"columns"`
	Domains       []registry.Domain `json:"domains"`
}

// ColumnFile is one column of site.json.
type ColumnFile struct {
	Slug        string `json:"slug"`
	Parent      string `json:"parent,omitempty"` // short name
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Keywords    string `json:"keywords,omitempty"`
	Unit        string `json:"unit"`
	Owner       string `json:"owner"`
	A           string `json:"a"`
	B           string `json:"b"`
	CycleDays   int    `json:"cycle_days"`
	Position    int    `json:"position"`
}

func (s *Service) writeSite(ctx context.Context, r Run, w io.Writer) (int, error) {
	site, err := s.Registry.Site(ctx, system, r.Site)
	if err != nil {
		return 0, err
	}
	columns, err := s.Registry.Columns(ctx, s.DB, system, r.Site)
	if err != nil {
		return 0, err
	}
	f := SiteFile{Name: site.Name, Kind: site.Kind, Host: site.Host, ChineseDomain: site.ChineseDomain, Slug: site.Slug, Sponsor: site.UnitName, SiteCode: site.SiteCode, ICP: site.ICP, PoliceFiling: site.PoliceFiling,
		PartyGovMark: site.PartyGovMark, Contact: site.Contact, Address: site.Address, LaunchedOn: site.LaunchedOn, Columns: []ColumnFile{}}
	slug := map[registry.ColumnID]string{}
	for _, c := range columns {
		slug[c.ID] = c.Slug
	}
	for _, c := range columns {
		f.Columns = append(f.Columns, ColumnFile{Slug: c.Slug, Parent: slug[c.Parent], Name: c.Name, Type: c.Type, Description: c.Description, Keywords: c.Keywords, Unit: c.UnitName, Owner: c.OwnerName, A: c.AName, B: c.BName, CycleDays: c.CycleDays, Position: c.Position})
	}
	if f.Domains, err = s.Registry.DomainsOf(ctx, s.DB, system, r.Site); err != nil {
		return 0, err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return len(columns), enc.Encode(f)
}

// each visits the items of the site by their ids.
func (s *Service) each(ctx context.Context, r Run, do func(library.ItemID) error) (int, error) {
	n, after := 0, library.ItemID("")
	for {
		ids, err := s.Library.LeavingIDs(ctx, system, r.Site, after, 200)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			if err := do(id); err != nil {
				return n, err
			}
			n++
		}
		after = ids[len(ids)-1]
	}
}

// row is an item as its line, with the files it refers to.
func (s *Service) row(ctx context.Context, id library.ItemID) (library.Row, error) {
	out, err := s.Library.ExportItem(ctx, system, id)
	if err != nil {
		return library.Row{}, err
	}
	row := out.Row
	row.Ref = "item:" + string(id)
	if at := out.Item.FirstPublishedAt; !at.IsZero() {
		row.Published = at.In(calendar.Shanghai).Format("2006-01-02 15:04:05")
	}
	d, err := prose.Parse(row.Doc)
	if err != nil {
		return row, err
	}
	for _, src := range d.Sources() {
		in, f, err := s.Shelf.Open(ctx, src)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return row, err
		}
		if err := in.Close(); err != nil {
			return row, err
		}
		f.Src = src
		row.Files = append(row.Files, f)
	}
	return row, nil
}

func (s *Service) writeItems(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	return s.each(ctx, r, func(id library.ItemID) error {
		row, err := s.row(ctx, id)
		if err != nil {
			return err
		}
		return enc.Encode(row)
	})
}

// VersionLine is one line of versions.jsonl.
type VersionLine struct {
	Item   string          `json:"item"`
	No     int             `json:"no"`
	At     time.Time       `json:"at"`
	Author string          `json:"author"`
	Note   string          `json:"note,omitempty"`
	SHA256 string          `json:"sha256"`
	Meta   library.Meta    `json:"meta"`
	Doc    json.RawMessage `json:"doc"`
	Text   string          `json:"text"`
}

func (s *Service) writeVersions(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	n := 0
	_, err := s.each(ctx, r, func(id library.ItemID) error {
		list, err := s.Library.Versions(ctx, system, id)
		if err != nil {
			return err
		}
		for _, x := range list {
			v, err := s.Library.Version(ctx, system, id, x.No)
			if err != nil {
				return err
			}
			n++
			if err := enc.Encode(VersionLine{Item: string(id), No: v.No, At: v.At, Author: v.AuthorName, Note: v.Note, SHA256: v.SHA256, Meta: v.Meta, Doc: json.RawMessage(v.Doc), Text: v.Text}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// PlacementLine is one line of placements.jsonl.
type PlacementLine struct {
	Item      string    `json:"item"`
	Column    string    `json:"column"` // short name
	State     string    `json:"state"`
	Title     string    `json:"title,omitempty"`
	Top       int       `json:"top,omitempty"`
	PublishAt time.Time `json:"publish_at,omitzero"`
	ShownAt   time.Time `json:"shown_at,omitzero"`
	LiveAt    time.Time `json:"live_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// ArchivedAt is set where the page stays and stands in no list.
	ArchivedAt time.Time `json:"archived_at,omitzero"`
}

// EndLine is one line of ends.jsonl: how an item ended for readers.
type EndLine struct {
	Item   string          `json:"item"`
	Kind   library.EndKind `json:"kind"`
	Class  string          `json:"class,omitempty"`
	Target string          `json:"target,omitempty"`
	Reason string          `json:"reason"`
	Person string          `json:"person"`
	At     time.Time       `json:"at"`
}

func (s *Service) writeEnds(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	n := 0
	_, err := s.each(ctx, r, func(id library.ItemID) error {
		list, err := s.Library.EndsOf(ctx, s.DB, id)
		if err != nil {
			return err
		}
		for _, e := range list {
			n++
			if err := enc.Encode(EndLine{Item: string(id), Kind: e.Kind, Class: e.Class, Target: string(e.Target), Reason: e.Reason, Person: e.PersonName, At: e.At}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func (s *Service) writePlacements(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	n := 0
	_, err := s.each(ctx, r, func(id library.ItemID) error {
		list, err := s.Library.PlacementsOn(ctx, system, r.Site, id)
		if err != nil {
			return err
		}
		for _, p := range list {
			n++
			if err := enc.Encode(PlacementLine{Item: string(id), Column: p.ColumnSlug, State: p.State, Title: p.Title, Top: p.Top, PublishAt: p.PublishAt, ShownAt: p.ShownAt, LiveAt: p.LiveAt, EndedAt: p.EndedAt, ArchivedAt: p.ArchivedAt}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// writeFiles keeps each original once, by its hash.
func (s *Service) writeFiles(ctx context.Context, r Run, w io.Writer) (int, error) {
	z := zip.NewWriter(w)
	seen := map[string]bool{}
	_, err := s.each(ctx, r, func(id library.ItemID) error {
		list, err := s.Library.Versions(ctx, system, id)
		if err != nil {
			return err
		}
		for _, x := range list { // what an earlier version showed comes too
			v, err := s.Library.Version(ctx, system, id, x.No)
			if err != nil {
				return err
			}
			d, err := prose.Parse([]byte(v.Doc))
			if err != nil {
				return err
			}
			for _, src := range d.Sources() {
				if err := s.writeFile(ctx, z, src, seen); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return len(seen), errors.Join(err, z.Close())
}

func (s *Service) writeFile(ctx context.Context, z *zip.Writer, src string, seen map[string]bool) error {
	in, f, err := s.Shelf.Open(ctx, src)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if seen[f.SHA256] {
		return nil
	}
	seen[f.SHA256] = true
	w, err := z.CreateHeader(&zip.FileHeader{Name: f.SHA256, Method: zip.Store, Comment: f.Name})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// LetterLine is one line of letters.jsonl: no person who wrote is in it.
type LetterLine struct {
	Number     string               `json:"number"`
	Type       letters.Type         `json:"type"`
	Title      string               `json:"title"`
	Body       string               `json:"body"`
	State      string               `json:"state"`
	Reason     string               `json:"reason,omitempty"`
	Consent    bool                 `json:"consent"`
	Test       bool                 `json:"test,omitempty"` // of a test of the office: in no figures
	ReceivedAt time.Time            `json:"received_at"`
	AnsweredAt time.Time            `json:"answered_at,omitzero"`
	EndedAt    time.Time            `json:"ended_at,omitzero"`
	Answers    []AnswerLines        `json:"answers,omitempty"` // newest first
	Public     *letters.FormerReply `json:"public,omitempty"`
}

// AnswerLines is one answer.
type AnswerLines struct {
	Text       string        `json:"text"`
	Public     letters.Draft `json:"public"`
	Drafter    string        `json:"drafter"`
	Reviewer   string        `json:"reviewer,omitempty"`
	Verdict    string        `json:"verdict,omitempty"`
	Opinion    string        `json:"opinion,omitempty"`
	At         time.Time     `json:"at"`
	ReviewedAt time.Time     `json:"reviewed_at,omitzero"`
}

func (s *Service) writeLetters(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	for n := 0; ; {
		list, _, err := s.Letters.Letters(ctx, system, letters.Filter{Site: r.Site, Limit: 100, Offset: n})
		if err != nil {
			return n, err
		}
		for _, x := range list {
			l, err := s.Letters.Letter(ctx, system, x.ID)
			if err != nil {
				return n, err
			}
			line := LetterLine{Number: l.Number, Type: l.Type, Title: l.Title, Body: l.Body, State: l.State, Reason: l.Reason, Consent: l.PublicConsent, Test: !l.WithdrawnOn.IsZero(),
				ReceivedAt: l.ReceivedAt, AnsweredAt: l.AnsweredAt, EndedAt: l.EndedAt}
			if y, ok, err := s.Letters.ReplyOf(ctx, system, l.ID); err != nil {
				return n, err
			} else if ok {
				line.Public = &y
			}
			answers, err := s.Letters.Answers(ctx, system, l.ID)
			if err != nil {
				return n, err
			}
			for _, a := range answers {
				public := a.Draft
				public.Answer = "" // Text
				line.Answers = append(line.Answers, AnswerLines{Text: a.Draft.Answer, Public: public, Drafter: a.Drafter, Reviewer: a.Reviewer, Verdict: a.Verdict, Opinion: a.Opinion, At: a.At, ReviewedAt: a.ReviewedAt})
			}
			if err := enc.Encode(line); err != nil {
				return n, err
			}
			n++
		}
		if len(list) < 100 {
			return n, nil
		}
	}
}

// RecordLine is one line of records.jsonl: a change of the site's record, or a
// name it had.
type RecordLine struct {
	Kind       string               `json:"kind"`
	Change     *registry.Change     `json:"change,omitempty"`
	FormerName *registry.FormerName `json:"former_name,omitempty"`
}

func (s *Service) writeRecords(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	ref := registry.Ref{Kind: sx2021.Site, ID: string(r.Site)}
	changes, err := s.Registry.History(ctx, s.DB, system, ref)
	if err != nil {
		return 0, err
	}
	names, err := s.Registry.FormerNames(ctx, s.DB, system, ref)
	if err != nil {
		return 0, err
	}
	for _, c := range changes {
		if err := enc.Encode(RecordLine{Kind: "change", Change: &c}); err != nil {
			return 0, err
		}
	}
	for _, c := range names {
		if err := enc.Encode(RecordLine{Kind: "former_name", FormerName: &c}); err != nil {
			return 0, err
		}
	}
	return len(changes) + len(names), nil
}

func (s *Service) writeTrail(ctx context.Context, r Run, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	for n := 0; ; {
		list, err := audit.Entries(ctx, s.DB, audit.Filter{TargetKind: "site", TargetID: string(r.Site), Until: r.AskedAt, Limit: 500, Offset: n})
		if err != nil {
			return n, err
		}
		for _, e := range list {
			if err := enc.Encode(e); err != nil {
				return n, err
			}
		}
		if n += len(list); len(list) < 500 {
			return n, nil
		}
	}
}

func (s *Service) writeTree(ctx context.Context, r Run, w io.Writer) (int, error) {
	z := zip.NewWriter(w)
	n := 0
	if s.Tree == nil {
		return 0, z.Close()
	}
	err := s.Tree(ctx, r.Site, func(name string, body io.Reader) error {
		name = strings.TrimPrefix(name, "/")
		if !fs.ValidPath(name) {
			return nil // no path a file system takes
		}
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		n++
		_, err = io.Copy(f, body)
		return err
	})
	return n, errors.Join(err, z.Close())
}
