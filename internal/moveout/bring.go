package moveout

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Into says whose an archive becomes.
type Into struct {
	Unit org.UnitID
	// Owner, A and B keep a column where the archive names nobody of the unit.
	Owner, A, B org.PersonID
}

// Brought is what came of an archive.
type Brought struct {
	Site    registry.Site
	Columns int
	Items   int // live or drafts, now standing as the archive has them
	Files   int
	Reports map[string]intake.Report // by column; "" for drafts
	// Letters were dealt with where they were sent and are taken; LettersOpen
	// were not and stay there; of LettersHidden what was public stays inside,
	// because it names a person.
	Letters, LettersOpen, LettersHidden int
}

// Limits of what an archive may hold, in bytes.
const (
	maxSiteFile = 16 << 20
	maxLine     = 8 << 20
	maxFile     = 256 << 20
	maxExtra    = 64 << 20
)

// A part beyond spare bytes grows mostGrowth times at most when it is unpacked:
// lines of text grow thirty times, files hardly.
const (
	spare      = 64 << 20
	mostGrowth = 200
)

// Bring takes an archive of a site into this house: the site with its columns,
// its files, its items under the ids they had, live where they were live (under
// a move-in case made of this archive), the letters that were dealt with, what
// modules above kept of it, and what it was before as lines of its past. Every
// part is held against its hash first. Repeating it changes nothing. The caller
// publishes.
func (s *Service) Bring(ctx context.Context, scope authz.Scope, in io.ReaderAt, size int64, into Into) (Brought, error) {
	out := Brought{Reports: map[string]intake.Report{}}
	z, err := zip.NewReader(in, size)
	if err != nil {
		return out, fault.New(fault.Invalid, "文件不是整站导出的压缩包，或已损坏。").From(err)
	}
	a, err := openArchive(z)
	if err != nil {
		return out, err
	}
	body, err := a.read("site.json", maxSiteFile)
	if err != nil {
		return out, err
	}
	var f SiteFile
	if err := json.Unmarshal(body, &f); err != nil || f.Name == "" {
		return out, fault.New(fault.Invalid, "整站导出中的 site.json 不能识别。").From(err)
	}
	columns := map[string]registry.ColumnID{}
	if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		out.Site, columns, err = s.bringSite(ctx, tx, scope, f, into)
		return err
	}); err != nil {
		return out, err
	}
	out.Columns = len(columns)
	if out.Files, err = s.bringFiles(ctx, a); err != nil {
		return out, err
	}
	if err := s.bringItems(ctx, scope, a, &out, columns); err != nil {
		return out, err
	}
	for _, e := range s.Extras {
		if e.Take == nil || !a.has(e.Name+".json") {
			continue
		}
		body, err := a.read(e.Name+".json", maxExtra)
		if err != nil {
			return out, err
		}
		if len(bytes.TrimSpace(body)) > 0 {
			if err := e.Take(ctx, out.Site, body); err != nil {
				return out, err
			}
		}
	}
	err = s.bringPast(ctx, scope, a, &out)
	return out, err
}

// archive is an opened one, every part of which bears its hash.
type archive struct {
	files    map[string]*zip.File
	manifest Manifest
	sum      string // of the manifest
}

func openArchive(z *zip.Reader) (*archive, error) {
	a := &archive{files: map[string]*zip.File{}}
	for _, f := range z.File {
		a.files[f.Name] = f
	}
	body, err := a.unpack(manifestName, maxSiteFile)
	if err != nil {
		return nil, fault.New(fault.Invalid, "压缩包里没有清单 manifest.json，不是整站导出，或没有传完整。").From(err)
	}
	if err := json.Unmarshal(body, &a.manifest); err != nil || a.manifest.Format != format {
		return nil, fault.New(fault.Invalid, "清单不是整站导出的格式，请重新导出。").From(err)
	}
	sum := sha256.Sum256(body)
	a.sum = hex.EncodeToString(sum[:])
	for name, p := range a.manifest.Parts {
		if err := a.verify(name, p); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *archive) has(name string) bool { _, ok := a.manifest.Parts[name]; return ok }

func (a *archive) verify(name string, p Part) error {
	f, ok := a.files[name]
	if !ok {
		return fault.Newf(fault.Invalid, "整站导出缺少“%s”，请重新导出。", name)
	}
	if p.Size > spare && uint64(p.Size-spare)/mostGrowth > f.CompressedSize64 {
		return fault.Newf(fault.TooLarge, "“%s”压缩后 %d 字节，却说有 %d 字节，不像整站导出，没有导入任何内容。请重新导出。", name, f.CompressedSize64, p.Size)
	}
	in, err := f.Open()
	if err != nil {
		return fault.Newf(fault.Invalid, "“%s”无法解压，请重新导出。", name).From(err)
	}
	defer in.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(in, p.Size+1))
	if err != nil || n != p.Size || hex.EncodeToString(h.Sum(nil)) != p.SHA256 {
		return fault.Newf(fault.Invalid, "“%s”与清单的摘要不一致，可能被改过或没有传完整，没有导入任何内容。", name).From(err)
	}
	return nil
}

func (a *archive) unpack(name string, most int64) ([]byte, error) {
	f, ok := a.files[name]
	if !ok {
		return nil, fmt.Errorf("moveout: no part %s", name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(b)) > most {
		return nil, fault.Newf(fault.TooLarge, "“%s”超过 %d MB，没有导入。", name, most>>20)
	}
	return b, err
}

// read is a part of the manifest.
func (a *archive) read(name string, most int64) ([]byte, error) {
	if !a.has(name) {
		return nil, fault.Newf(fault.Invalid, "整站导出缺少“%s”，请重新导出。", name)
	}
	return a.unpack(name, most)
}

// lines visits the lines of a part.
func (a *archive) lines(name string, each func([]byte) error) error {
	if !a.has(name) {
		return fault.Newf(fault.Invalid, "整站导出缺少“%s”，请重新导出。", name)
	}
	in, err := a.files[name].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 1<<16), maxLine)
	for sc.Scan() {
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		if err := each(sc.Bytes()); err != nil {
			return err
		}
	}
	if errors.Is(sc.Err(), bufio.ErrTooLong) {
		return fault.Newf(fault.TooLarge, "“%s”里有一行超过 8 MB，没有导入。", name).From(sc.Err())
	}
	return sc.Err()
}

func (s *Service) bringSite(ctx context.Context, tx *db.Tx, scope authz.Scope, f SiteFile, into Into) (registry.Site, map[string]registry.ColumnID, error) {
	site, err := s.Registry.SiteBySlug(ctx, tx, scope, f.Slug)
	if fault.Is(err, fault.NotFound) {
		if f.Kind != registry.Portal && f.Kind != registry.DepartmentSite {
			return site, nil, fault.New(fault.Invalid, "站点类别不能识别，没有导入。")
		}
		if _, err := s.Org.UnitTx(ctx, tx, scope, into.Unit); err != nil {
			return site, nil, err
		}
		site, err = s.Registry.EnterSite(ctx, tx, registry.Site{Unit: into.Unit, Kind: f.Kind, Name: f.Name, Host: f.Host, ChineseDomain: f.ChineseDomain, Slug: f.Slug, Hosted: true, SiteCode: f.SiteCode, ICP: f.ICP,
			PoliceFiling: f.PoliceFiling, PartyGovMark: f.PartyGovMark, Contact: f.Contact, Address: f.Address, LaunchedOn: f.LaunchedOn, Source: "整站导入"})
	}
	if err != nil {
		return site, nil, err
	}
	people, err := s.Org.People(ctx, tx, scope, site.Unit)
	if err != nil {
		return site, nil, err
	}
	who := func(name string, other org.PersonID) org.PersonID {
		if i := slices.IndexFunc(people, func(p org.Person) bool { return p.Name == name }); i >= 0 {
			return people[i].ID
		}
		return other
	}
	have, err := s.Registry.Columns(ctx, tx, scope, site.ID)
	if err != nil {
		return site, nil, err
	}
	columns := map[string]registry.ColumnID{}
	for _, c := range have {
		columns[c.Slug] = c.ID
	}
	// Parents first, however deep.
	left := slices.Clone(f.Columns)
	for len(left) > 0 {
		n := len(left)
		left = slices.DeleteFunc(left, func(c ColumnFile) bool {
			if err != nil || columns[c.Slug] != "" {
				return err == nil
			}
			if c.Parent != "" && columns[c.Parent] == "" {
				return false
			}
			n := registry.Column{Site: site.ID, Parent: columns[c.Parent], Slug: c.Slug, Name: c.Name, Type: c.Type, Description: c.Description, Keywords: c.Keywords, Owner: who(c.Owner, into.Owner), A: who(c.A, into.A), B: who(c.B, into.B), CycleDays: c.CycleDays, Position: c.Position}
			if n.A == n.B { // one name stood for both
				n.A, n.B = into.A, into.B
			}
			var made registry.Column
			if made, err = s.Registry.AddColumn(ctx, tx, scope, n); err != nil {
				return false
			}
			columns[c.Slug] = made.ID
			return true
		})
		if err != nil {
			return site, nil, err
		}
		if len(left) == n {
			return site, nil, fault.Newf(fault.Invalid, "栏目“%s”的上级栏目不在导出中，没有导入。", left[0].Name)
		}
	}
	return site, columns, nil
}

// bringFiles puts every original into the blobs, by its hash.
func (s *Service) bringFiles(ctx context.Context, a *archive) (int, error) {
	if !a.has("files.zip") {
		return 0, nil
	}
	// A zip within a zip is read from a file of its own.
	tmp, err := os.CreateTemp("", "zhengshu-files-*.zip")
	if err != nil {
		return 0, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	in, err := a.files["files.zip"].Open()
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(tmp, in)
	if err := errors.Join(err, in.Close()); err != nil {
		return 0, err
	}
	z, err := zip.NewReader(tmp, size)
	if err != nil {
		return 0, fault.New(fault.Invalid, "files.zip 已损坏，请重新导出。").From(err)
	}
	for _, f := range z.File {
		if err := s.bringFile(ctx, f); err != nil {
			return 0, err
		}
	}
	return len(z.File), nil
}

func (s *Service) bringFile(ctx context.Context, f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if f.UncompressedSize64 > maxFile {
		return fault.Newf(fault.TooLarge, "附件“%s”超过 %d MB，没有导入。", f.Comment, maxFile>>20)
	}
	ref, err := s.Blobs.Put(ctx, io.LimitReader(in, maxFile+1))
	if err != nil {
		return err
	}
	if ref.Hash() != f.Name {
		return fault.Newf(fault.Invalid, "附件“%s”与它的摘要不一致，没有导入。", f.Comment)
	}
	return nil
}

// bringItems takes the items in: first those that are live, column by column,
// then the others as drafts.
func (s *Service) bringItems(ctx context.Context, scope authz.Scope, a *archive, out *Brought, columns map[string]registry.ColumnID) error {
	live := map[string][]string{} // item → columns, in order
	var places []library.ArrivedPlace
	if err := a.lines("placements.jsonl", func(line []byte) error {
		var p PlacementLine
		if err := json.Unmarshal(line, &p); err != nil {
			return fault.New(fault.Invalid, "placements.jsonl 不能识别，请重新导出。").From(err)
		}
		if (p.State == library.Shown || !p.ArchivedAt.IsZero()) && columns[p.Column] != "" && !slices.Contains(live[p.Item], p.Column) {
			live[p.Item] = append(live[p.Item], p.Column)
			if p.Title != "" || p.Top > 0 {
				places = append(places, library.ArrivedPlace{Item: library.ItemID(p.Item), Column: columns[p.Column], Title: p.Title, Top: p.Top})
			}
		}
		return nil
	}); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "zhengshu-bring-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	lists := map[string]*os.File{}
	defer func() {
		for _, f := range lists {
			f.Close()
		}
	}()
	put := func(column string, line []byte) error {
		f := lists[column]
		if f == nil {
			if f, err = os.CreateTemp(dir, "list-*"); err != nil {
				return err
			}
			lists[column] = f
		}
		_, err := f.Write(append(slices.Clone(line), '\n'))
		return err
	}
	if err := a.lines("items.jsonl", func(line []byte) error {
		var head struct {
			Ref string `json:"ref"`
		}
		if err := json.Unmarshal(line, &head); err != nil {
			return fault.New(fault.Invalid, "items.jsonl 不能识别，请重新导出。").From(err)
		}
		at := live[strings.TrimPrefix(head.Ref, "item:")]
		if len(at) == 0 {
			at = []string{""}
		}
		for _, c := range at {
			if err := put(c, line); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	names := make([]string, 0, len(lists))
	for c := range lists {
		names = append(names, c)
	}
	slices.Sort(names)
	slices.Reverse(names) // drafts last
	for _, c := range names {
		o := library.ImportOptions{Unit: out.Site.Unit, Identity: true, Files: s.Shelved(scope)}
		if c != "" {
			number, err := s.admit(ctx, scope, out.Site.ID, a.sum, c)
			if err != nil {
				return err
			}
			o.Publish = &library.Target{Site: out.Site.ID, Column: columns[c], Case: number}
		}
		rep, err := s.Library.ImportItems(ctx, scope, lists[c], o)
		if err != nil {
			return err
		}
		out.Reports[c] = rep
		out.Items += rep.Accepted + rep.Unchanged
	}
	return s.bringEnds(ctx, scope, a, out.Site.ID, places)
}

// bringEnds gives the items that stand here the rank they had in their columns,
// and says of those whose pages stay that they were replaced or archived.
func (s *Service) bringEnds(ctx context.Context, scope authz.Scope, a *archive, site registry.SiteID, places []library.ArrivedPlace) error {
	for part := range slices.Chunk(places, linesAtOnce) {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.Library.ArrivePlaces(ctx, tx, scope, site, part) }); err != nil {
			return err
		}
	}
	if !a.has("ends.jsonl") {
		return nil
	}
	var list []library.End
	take := func() error {
		if len(list) == 0 {
			return nil
		}
		err := s.DB.Update(ctx, func(tx *db.Tx) error {
			n, err := s.Library.ArriveEnds(ctx, tx, scope, list)
			if err != nil || n > 0 {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "moveout.keep", Target: audit.Target{Kind: "site", ID: string(site)}, After: map[string]any{"part": "end", "new": 0}})
		})
		list = list[:0]
		return err
	}
	if err := a.lines("ends.jsonl", func(line []byte) error {
		var e EndLine
		if err := json.Unmarshal(line, &e); err != nil {
			return fault.New(fault.Invalid, "ends.jsonl 不能识别，请重新导出。").From(err)
		}
		if !e.Kind.Stays() {
			return nil
		}
		if list = append(list, library.End{Item: library.ItemID(e.Item), Kind: e.Kind, Target: library.ItemID(e.Target), Reason: e.Reason, PersonName: e.Person, At: e.At}); len(list) == lettersAtOnce {
			return take()
		}
		return nil
	}); err != nil {
		return err
	}
	return take()
}

// admit makes the case under which one column's items come live: the archive,
// by its hash, and the column.
func (s *Service) admit(ctx context.Context, scope authz.Scope, site registry.SiteID, sum, column string) (string, error) {
	number := "整站导入 " + sum[:16] + " " + column
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := s.Library.AdmitMoveIn(ctx, tx, scope, library.MoveIn{Site: site, Number: number, Dated: calendar.DateOf(tx.Now())})
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return number, nil // brought before
	}
	return number, err
}
