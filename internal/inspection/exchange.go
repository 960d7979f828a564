package inspection

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

// Exchange is how the house speaks with crawlers that have no path to its
// database: signed plans go out as files, signed batches come in. Either may
// cross a one-way exchange (网闸) on its way.
type Exchange struct {
	Plans   string             // where plans are put
	Batches string             // where batches come in
	Keys    string             // a .pub file for each crawler that is believed
	Key     ed25519.PrivateKey // signs plans
}

// On reports whether there is an exchange.
func (x Exchange) On() bool { return x.Plans != "" && len(x.Key) == ed25519.PrivateKeySize }

// Suffixes of the files.
const (
	planSuffix    = ".plan"
	batchSuffix   = ".batch"
	refusedSuffix = ".refused" // on a batch that was not taken in
	// urgentPrefix begins the name of a plan that persons wait for: a crawler reads it
	// before the others.
	urgentPrefix = "urgent-"
)

// Bounds of a file.
const (
	maxPlanFile  = 16 << 20
	planRoom     = 12 << 20 // of tasks: lists of pages are long
	maxWords     = 2 << 20  // of the word lists of one unit
	maxBatchFile = 512 << 20
	tasksAtOnce  = 200
)

// Task is one site to look at, as it travels in a plan.
type Task struct {
	Run    RunID           `json:"run"`
	Site   registry.SiteID `json:"site"`
	Name   string          `json:"name"`
	Target engine.Target   `json:"target"`
	Spec   Spec            `json:"spec"`
	Limits check.Limits    `json:"limits"`
	// Pace is what one address is asked for, Share the part of the pages that is for
	// known ones. They travel with each task and stand in the crawler's store with it.
	Pace  crawl.Pace `json:"pace,omitzero"`
	Share *int       `json:"share,omitempty"`
	// Known are the fingerprints of findings that stand, see Options.
	Known []string `json:"known,omitempty"`
	// Acquitted are cases confirmed to be false alarms, see Options.
	Acquitted []string `json:"acquitted,omitempty"`
	// Lists is the edition of the word lists to read by, which stand once in the plan;
	// empty: those of the program. Words are they, put in by the crawler that read the
	// plan.
	Lists string          `json:"lists,omitempty"`
	Words json.RawMessage `json:"words,omitempty"`
	// Errand and Spot make the task a second look at one finding; there is no run then.
	Errand ErrandID     `json:"errand,omitempty"`
	Spot   *engine.Spot `json:"spot,omitempty"`
	// Ask makes it a look at what is no page; in the crawler's store alone.
	Ask *Ask `json:"ask,omitempty"`
}

// PlanFile is what the house hands to a crawler.
type PlanFile struct {
	vantage.Writer
	ID     string    `json:"id"`
	Issued time.Time `json:"issued"`
	Until  time.Time `json:"until"` // nothing is begun after
	Tasks  []Task    `json:"tasks"`
	// Errands are second looks. They stand apart from the tasks: to a crawler that
	// does not know them they are nothing, and no wrong run.
	Errands []Task `json:"errands,omitempty"`
	// Asks are looks at what is no page. A crawler that does not know them passes them over.
	Asks []Ask `json:"asks,omitempty"`
	// Urgent: persons wait for what it asks.
	Urgent bool `json:"urgent,omitempty"`
	// Lists are the word lists that the tasks name, by edition.
	Lists map[string]json.RawMessage `json:"lists,omitempty"`
}

// BatchFile is what a crawler answers: one run, one errand, or one ask.
type BatchFile struct {
	vantage.Writer
	Run     RunID             `json:"run"`
	Errand  ErrandID          `json:"errand,omitempty"`
	Look    *engine.Look      `json:"look,omitempty"` // of an errand
	Ask     AskID             `json:"ask,omitempty"`
	Answer  *Answer           `json:"answer,omitempty"` // of an ask, or of an errand that was one
	Vantage string            `json:"vantage"`
	Edition string            `json:"edition"`
	Lists   string            `json:"lists,omitempty"` // edition of the unit's word lists that were read by
	Begun   time.Time         `json:"begun"`
	Failure string            `json:"failure,omitempty"`
	Report  engine.Wire       `json:"report"`
	Blobs   map[string][]byte `json:"blobs"` // deflated, by reference
}

// errSeal says that a file is not what its sender signed.
var errSeal = errors.New("inspection: file refused")

func signed(what string, body []byte) []byte {
	sum := sha256.Sum256(body)
	return []byte("zhengshu " + what + " " + hex.EncodeToString(sum[:]))
}

// writeSigned puts a signed file in place whole: key and signature on the first
// line, then the body.
func writeSigned(dir, name, what string, key ed25519.PrivateKey, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("inspection: write %s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("inspection: write %s: %w", name, err)
	}
	b64 := base64.StdEncoding
	head := b64.EncodeToString(key.Public().(ed25519.PublicKey)) + " " + b64.EncodeToString(ed25519.Sign(key, signed(what, body))) + "\n"
	f, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return fmt.Errorf("inspection: write %s: %w", name, err)
	}
	_, err = f.WriteString(head)
	if err == nil {
		_, err = f.Write(body)
	}
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("inspection: write %s: %w", name, err), os.Remove(f.Name()))
	}
	return nil
}

// readSigned reads a file that one of the keys must have signed.
func readSigned(file, what string, most int64, trusted map[string]bool, into any) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: no file", errSeal)
	}
	if info.Size() > most {
		return fmt.Errorf("%w: %d bytes", errSeal, info.Size())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return openSigned(b, what, trusted, into)
}

func openSigned(b []byte, what string, trusted map[string]bool, into any) error {
	head, body, ok := bytes.Cut(b, []byte("\n"))
	key, signature, two := strings.Cut(string(head), " ")
	if !ok || !two {
		return fmt.Errorf("%w: no signature", errSeal)
	}
	pub, err := base64.StdEncoding.Strict().DecodeString(key)
	sig, err2 := base64.StdEncoding.DecodeString(signature)
	if err != nil || err2 != nil || len(pub) != ed25519.PublicKeySize || !ed25519.Verify(pub, signed(what, body), sig) {
		return fmt.Errorf("%w: the signature does not fit", errSeal)
	}
	if !trusted[key] {
		return fmt.Errorf("%w: %w", errSeal, &unknownKey{key})
	}
	if err := vantage.ReadBody(body, into); err != nil {
		return fmt.Errorf("%w: %w", errSeal, err)
	}
	return nil
}

// unknownKey says that a file is signed rightly by a key that is not known here.
type unknownKey struct{ key string }

func (u *unknownKey) Error() string { return "key " + Fingerprint(u.key) + " is not known here" }

// Fingerprint tells a key apart for people: of one as it stands in a .pub file.
func Fingerprint(key string) string {
	sum := sha256.Sum256([]byte(key))
	var b strings.Builder
	for i, x := range sum[:12] {
		if i > 0 && i%2 == 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%02X", x)
	}
	return b.String()
}

// PublicKey writes a key as it stands in a .pub file.
func PublicKey(key ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// keysIn reads the .pub files of a directory.
func keysIn(dir string) (map[string]bool, error) {
	out := map[string]bool{}
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), ".pub") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out[strings.TrimSpace(string(b))] = true
	}
	return out, nil
}

// sendPlans hands all that waits for a crawler out, what persons wait for first.
func (s *Service) sendPlans(ctx context.Context) error {
	if !s.set.Exchange.On() {
		return nil
	}
	return errors.Join(s.SendUrgent(ctx), s.sendAsks(ctx, false), s.sendRuns(ctx, false))
}

// sendRuns hands the runs that wait for a crawler out as signed files, none larger
// than a crawler takes; each that a person waits for goes as one of its own.
func (s *Service) sendRuns(ctx context.Context, urgent bool) error {
	is := `NOT LIKE`
	if urgent {
		is = `LIKE`
	}
	runs, err := db.All(ctx, s.db, scanRun, runSelect+` WHERE r.state = 'queued' AND r.sent_at IS NULL AND r.spec LIKE '%"remote":true%' AND r.spec `+is+` '%"urgent":true%' ORDER BY r.id LIMIT $1`, tasksAtOnce)
	if err != nil || len(runs) == 0 {
		return err
	}
	limits := s.limits(calendar.DateOf(s.db.Now()))
	p, size := s.newPlanFile(), 0
	for _, r := range runs {
		site, err := s.registry.Site(ctx, authz.System("inspection.plan"), r.Site)
		if err != nil {
			return err
		}
		if err := contactable(site); err != nil {
			if err := s.fail(ctx, site, r.ID, fault.Of(err).Says); err != nil {
				return err
			}
			continue
		}
		t := Task{Run: r.ID, Site: r.Site, Name: site.Name, Spec: r.Spec, Limits: limits, Pace: s.pace()}
		share := s.set.Province().KnownShare
		t.Share = &share
		if t.Target, err = s.target(ctx, site); err != nil {
			return err
		}
		if _, err := s.list(ctx, site, r, &t.Target); err != nil {
			return err
		}
		if t.Target.Stand, err = s.standAt(ctx, site.ID); err != nil {
			return err
		}
		known, err := s.known(ctx, site.ID)
		if err != nil {
			return err
		}
		t.Known = slices.Sorted(maps.Keys(known))
		acquitted, err := s.acquitted(ctx, site.ID)
		if err != nil {
			return err
		}
		t.Acquitted = slices.Sorted(maps.Keys(acquitted))
		words, err := s.words(ctx, site, &t)
		if err != nil {
			return err
		}
		b, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("inspection: task of %s: %w", r.ID, err)
		}
		more := len(b)
		if p.Lists[t.Lists] == nil {
			more += len(words)
		}
		if size += more; size > planRoom && len(p.Tasks) > 0 {
			if err := s.sendPlan(ctx, p); err != nil {
				return err
			}
			p, size = s.newPlanFile(), len(b)+len(words)
		}
		if words != nil {
			p.Lists[t.Lists] = words
		}
		p.Tasks = append(p.Tasks, t)
		if urgent {
			p.Urgent = true
			if err := s.sendPlan(ctx, p); err != nil {
				return err
			}
			p, size = s.newPlanFile(), 0
		}
	}
	if len(p.Tasks) == 0 {
		return nil
	}
	return s.sendPlan(ctx, p)
}

func (s *Service) newPlanFile() PlanFile {
	now := s.db.Now()
	return PlanFile{Writer: vantage.Writer{Format: vantage.Format, Version: s.set.Version}, ID: ulid.Make().String(), Issued: now, Until: now.Add(s.answerWithin()), Lists: map[string]json.RawMessage{}}
}

// words are the lists that a task's pages are read by, and names their edition in the
// task; nil where nothing is read or they are too large to travel, which the answer
// then tells.
func (s *Service) words(ctx context.Context, site registry.Site, t *Task) (json.RawMessage, error) {
	if s.set.Lists == nil || !t.Spec.reads() {
		return nil, nil
	}
	edition, body, err := s.set.Lists(ctx, site.Unit)
	if err != nil {
		return nil, err
	}
	if len(body) > maxWords {
		s.set.Log.Warn("inspection: word lists too large for a plan", "unit", site.Unit, "bytes", len(body))
		return nil, nil
	}
	t.Lists = edition
	return body, nil
}

// sendPlan puts one file out and marks its runs as sent.
func (s *Service) sendPlan(ctx context.Context, p PlanFile) error {
	// Written first: a run that is marked as sent without its file would wait in
	// vain, while a task that comes twice is looked at once.
	name := p.ID + planSuffix
	if p.Urgent {
		name = urgentPrefix + name
	}
	if err := writeSigned(s.set.Exchange.Plans, name, "plan", s.set.Exchange.Key, p); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, t := range p.Tasks {
			if _, err := tx.Exec(ctx, `UPDATE inspection_run SET sent_at = $2 WHERE id = $1 AND state = 'queued'`, t.Run, p.Issued); err != nil {
				return err
			}
		}
		for _, t := range p.Errands {
			if _, err := tx.Exec(ctx, `UPDATE finding_errand SET sent_at = $2 WHERE id = $1 AND state = 'waiting'`, t.Errand, p.Issued); err != nil {
				return err
			}
		}
		asks := 0
		for _, a := range p.Asks {
			if a.Errand != "" {
				if _, err := tx.Exec(ctx, `UPDATE finding_errand SET sent_at = $2 WHERE id = $1 AND state = 'waiting'`, a.Errand, p.Issued); err != nil {
					return err
				}
				continue
			}
			asks++
			if _, err := tx.Quiet(ctx, `UPDATE outside_ask SET sent_at = $2 WHERE id = $1 AND state = 'waiting'`, a.ID, p.Issued); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol.send", Target: audit.Target{Kind: "patrol_file", ID: p.ID, Name: name}, After: map[string]any{"tasks": len(p.Tasks), "errands": len(p.Errands) + len(p.Asks) - asks, "asks": asks, "until": p.Until}})
	})
}

// TakeIn takes in the batches that crawlers brought and returns how many: the
// periodic duty. A batch that comes again changes nothing; one that is not signed
// by a crawler known here is set aside.
func (s *Service) TakeIn(ctx context.Context) (int, error) {
	if s.set.Exchange.Batches == "" {
		return 0, nil
	}
	ctx = audit.System(ctx, "inspection.batch")
	trusted, err := keysIn(s.set.Exchange.Keys)
	if err != nil {
		return 0, err
	}
	// What cannot be put back now holds up no batch.
	errs := []error{s.trustedNow(ctx, trusted)}
	list, err := filepath.Glob(filepath.Join(s.set.Exchange.Batches, "*"+batchSuffix))
	if err != nil || len(list) == 0 {
		return 0, errors.Join(append(errs, err)...)
	}
	n := 0
	for _, file := range list {
		err := s.takeBatch(ctx, file, trusted)
		if u := (*vantage.Unread)(nil); errors.As(err, &u) {
			errs = append(errs, s.noteCrawler(ctx, crawlerOf(u), u.Says("外网巡检机程序", "主系统")))
		}
		if d := (*damaged)(nil); errors.As(err, &d) {
			errs = append(errs, s.noteCrawler(ctx, d.batch, "结果文件 "+abridge.Plain(filepath.Base(file), 60)+" "+d.says+"，没有采用，已改名为 "+refusedSuffix+" 留存。请检查那台机器的磁盘和内存。"))
		}
		if u := (*unknownKey)(nil); errors.As(err, &u) {
			errs = append(errs, s.noteStranger(ctx, u.key, filepath.Base(file)))
		}
		switch {
		case errors.Is(err, errSeal) || fault.Is(err, fault.NotFound):
			s.set.Log.Error("inspection: batch set aside", "file", filepath.Base(file), "err", err)
			err = os.Rename(file, file+refusedSuffix)
		case err == nil:
			n++
			err = os.Remove(file)
		}
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		// One that cannot be taken in now holds up no other; it is tried again.
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

func (s *Service) takeBatch(ctx context.Context, file string, trusted map[string]bool) error {
	var b BatchFile
	if err := readSigned(file, "batch", maxBatchFile, trusted, &b); err != nil {
		return err
	}
	if err := s.noteCrawler(ctx, b, ""); err != nil {
		return err
	}
	err := s.takeSigned(ctx, b)
	if d := (*damaged)(nil); errors.As(err, &d) {
		d.batch = b
	}
	return err
}

func (s *Service) takeSigned(ctx context.Context, b BatchFile) error {
	switch {
	case b.Errand != "":
		return s.takeErrand(ctx, b)
	case b.Ask != "":
		return s.takeAsk(ctx, b)
	}
	r, err := db.One(ctx, s.db, scanRun, runSelect+` WHERE r.id = $1`, b.Run)
	if db.None(err) {
		return fault.Missing("检查记录")
	}
	if err != nil || !r.UnderWay() && r.Unanswered.IsZero() || !r.Spec.Remote {
		return err // ended, or done here since a person asked for it
	}
	site, err := s.registry.Site(ctx, systemBatch, r.Site)
	if err != nil {
		return err
	}
	if !r.Unanswered.IsZero() {
		if refused, err := s.refuseLate(ctx, site, r, b.Begun); refused || err != nil {
			return err
		}
	}
	if b.Failure != "" {
		return s.fail(ctx, site, r.ID, abridge.Cut(b.Failure, 300))
	}
	rep := b.Report.Unpack()
	var named []blob.Ref
	for i := range rep.Findings {
		named = append(named, rep.Findings[i].Evidence.Refs()...)
	}
	for _, w := range rep.Watched {
		if w.Ref != "" {
			named = append(named, w.Ref)
		}
	}
	if err := s.keepBlobs(ctx, b.Blobs, named); err != nil {
		return err
	}
	if b.Lists == "" && s.set.Lists != nil && r.Spec.reads() {
		// What only the unit's lists find is neither there nor gone.
		rep.Partial = true
		rep.Untested = append(rep.Untested, engine.Untested{Check: check.KindWording, Why: fmt.Sprintf("巡检程序没有按本单位的词库检查用语，只按内置词表检查：词库超过 %d MB，或巡检程序版本过低。请精简词库，或更新巡检程序。", maxWords>>20), Count: 1})
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE inspection_run SET started_at = $2, vantage = $3, edition = $4 WHERE id = $1`, r.ID, b.Begun, abridge.Cut(b.Vantage, 60), abridge.Cut(editionOf(b.Edition, b.Lists), 60))
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.begin", Target: site.Target(), After: map[string]string{"run": string(r.ID), "vantage": b.Vantage}})
	})
	if err != nil {
		return err
	}
	return s.conclude(ctx, site, r.ID, rep)
}

// keepBlobs keeps what a batch carries; every file it names must be there.
func (s *Service) keepBlobs(ctx context.Context, carried map[string][]byte, named []blob.Ref) error {
	for _, ref := range named {
		if carried[string(ref)] == nil {
			return fmt.Errorf("%w: evidence %.80s is missing", &damaged{says: "缺少所列的证据文件"}, ref)
		}
	}
	for ref, packed := range carried {
		// Read whole before it is stored: what cannot be unpacked will never be, what
		// cannot be stored now may be later.
		body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxBlob+1))
		switch {
		case err != nil:
			return fmt.Errorf("%w: evidence %.80s: %w", &damaged{says: "里的证据文件损坏，不能解压"}, ref, err)
		case len(body) > maxBlob:
			return fmt.Errorf("%w: evidence %.80s", &damaged{says: fmt.Sprintf("里有超过%d MB的证据文件", maxBlob>>20)}, ref)
		}
		got, err := s.blobs.Put(ctx, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("inspection: keep evidence: %w", err)
		}
		if string(got) != ref {
			return fmt.Errorf("%w: evidence %.80s", &damaged{says: "里的证据文件与摘要不符"}, ref)
		}
	}
	return nil
}

// damaged says that a batch is rightly signed and is not whole: whoever signed it had it
// so already, and it is of no use however often it is read.
type damaged struct {
	says  string
	batch BatchFile
}

func (d *damaged) Error() string { return "damaged: " + d.says }

// Unwrap: it is set aside like a file that is not what its sender signed.
func (d *damaged) Unwrap() error { return errSeal }

// maxBlob bounds one file of evidence in a batch.
const maxBlob = 16 << 20

// carrier is the blob store of one run of a crawler: what a batch will carry.
type carrier map[string][]byte

func (c carrier) Put(_ context.Context, r io.Reader) (blob.Ref, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	ref, err := blob.ParseRef("sha256:" + hex.EncodeToString(sum[:]))
	if err != nil {
		return "", err
	}
	if c[string(ref)] != nil {
		return ref, nil
	}
	c[string(ref)], err = engine.Deflate(body, flate.DefaultCompression)
	return ref, err
}

func (c carrier) Open(_ context.Context, ref blob.Ref) (io.ReadCloser, error) {
	b, ok := c[string(ref)]
	if !ok {
		return nil, blob.ErrNotFound
	}
	return flate.NewReader(bytes.NewReader(b)), nil
}
