package library

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Inspector reads a text and says what is wrong in it; in the house
// check.Text with the proofreader. Safe for concurrent use.
type Inspector func(text string) []check.Span

// Outcome is told of a change inside the transaction that makes it.
type Outcome func(ctx context.Context, tx *db.Tx, c Change) error

// Service is the door of library.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	inspect     Inspector
	settings    func() sx2021.Settings
	outcomes    []Outcome
	looks       looks
	entered     []Entered
	examining   Examining
	readings    readings
	room        []func(ctx context.Context, tx *db.Tx, unit org.UnitID) error
}

// New makes the service. WaivedInterpretation must be among the obligation
// kinds, Machine among the declared machines.
func New(d *db.DB, o *org.Service, r *registry.Service, ob *obligation.Service, inspect Inspector, settings sx2021.Settings) *Service {
	return &Service{db: d, org: o, registry: r, obligations: ob, inspect: inspect, settings: func() sx2021.Settings { return settings }}
}

// SettingsFrom takes the settings of the moment instead of those given to New;
// at start.
func (s *Service) SettingsFrom(f func() sx2021.Settings) { s.settings = f }

// OnChange registers what happens, in the same transaction, when what readers
// see of an item changes: released, corrected, scheduled time come, withdrawn.
func (s *Service) OnChange(f Outcome) { s.outcomes = append(s.outcomes, f) }

// OnCreate registers who is asked, in the transaction, whether a unit may enter
// one more item; at start. Only a new item is asked about: what the law demands
// of items that are there (withdrawal, correction, review) never is.
func (s *Service) OnCreate(f func(ctx context.Context, tx *db.Tx, unit org.UnitID) error) {
	s.room = append(s.room, f)
}

// Entered is told of each version inside the transaction that writes it; an
// error refuses the version.
type Entered func(ctx context.Context, tx *db.Tx, id ItemID, no int, d prose.Doc) error

// OnVersion registers who looks at what a version refers to; at start.
func (s *Service) OnVersion(f Entered) { s.entered = append(s.entered, f) }

func (s *Service) changed(ctx context.Context, tx *db.Tx, c Change) error {
	for _, f := range s.outcomes {
		if err := f(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

const itemFields = `i.id, i.content_id, i.language, i.validity, i.ref, i.unit_id, u.name, i.state, i.stage, i.round, i.version,
	       COALESCE((SELECT lv.version_no FROM item_live lv WHERE lv.item_id = i.id), 0), i.created_by,
	       i.first_published_at, i.published_at, i.withdrawn_at, i.withdraw_reason, i.created_at, i.updated_at, u.area_path, u.line_path,
	       v.type, v.origin, v.title, v.summary, v.doc_no, COALESCE(NULLIF(v.index_no, ''), i.index_no), v.issuer, v.written, v.category, v.topic, v.keywords, v.source, v.source_url, v.source_at,
	       v.important, v.involves, v.consulted,
	       v.openness, v.share, v.share_terms, v.region, v.co_issuers, v.effective_on, v.ends_on, v.genre, v.subject_words, v.filing_no, v.drafter, v.answers`

func (m *Meta) fields() []any {
	return []any{&m.Type, &m.Origin, &m.Title, &m.Summary, &m.DocNo, &m.IndexNo, &m.Issuer, &m.Written, &m.Category, &m.Topic, &m.Keywords, &m.Source, &m.SourceURL, &m.SourceAt,
		&m.Important, &m.Involves, &m.Consulted,
		&m.Openness, &m.Share, &m.ShareTerms, &m.Region, &m.CoIssuers, &m.EffectiveOn, &m.EndsOn, &m.Genre, &m.SubjectWords, &m.FilingNo, &m.Drafter, &m.Answers}
}

func (i *Item) fields() []any {
	return append([]any{&i.ID, &i.Content, &i.Language, &i.Validity, &i.Ref, &i.Unit, &i.UnitName, &i.State, &i.Stage, &i.Round, &i.Version, &i.LiveVersion, &i.CreatedBy,
		&i.FirstPublishedAt, &i.PublishedAt, &i.WithdrawnAt, &i.WithdrawReason, &i.CreatedAt, &i.UpdatedAt, &i.areaPath, &i.linePath}, i.Meta.fields()...)
}

func scanItem(r db.Scanner) (Item, error) {
	var i Item
	return i, r.Scan(i.fields()...)
}

const itemSelect = `SELECT ` + itemFields + `
	  FROM item i JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit u ON u.id = i.unit_id`

const versionFields = `v.item_id, v.no, v.doc, v.html, v.text, v.original, v.sha256, v.note, v.change_kind, v.author_id, v.author_name, v.at,
	       v.type, v.origin, v.title, v.summary, v.doc_no, v.index_no, v.issuer, v.written, v.category, v.topic, v.keywords, v.source, v.source_url, v.source_at,
	       v.important, v.involves, v.consulted,
	       v.openness, v.share, v.share_terms, v.region, v.co_issuers, v.effective_on, v.ends_on, v.genre, v.subject_words, v.filing_no, v.drafter, v.answers`

func scanVersion(r db.Scanner) (Version, error) {
	var v Version
	return v, r.Scan(append([]any{&v.Item, &v.No, &v.Doc, &v.HTML, &v.Text, &v.Original, &v.SHA256, &v.Note, &v.Change, &v.AuthorID, &v.AuthorName, &v.At}, v.Meta.fields()...)...)
}

// Item in scope, with the metadata of its newest version.
func (s *Service) Item(ctx context.Context, scope authz.Scope, id ItemID) (Item, error) {
	return s.ItemTx(ctx, s.db, scope, id)
}

// ItemTx is Item within a transaction or on the database.
func (s *Service) ItemTx(ctx context.Context, q db.Querier, scope authz.Scope, id ItemID) (Item, error) {
	i, err := db.One(ctx, q, scanItem, itemSelect+` WHERE i.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(i.areaPath, i.linePath) {
		return Item{}, fault.Missing("稿件")
	}
	return i, err
}

// LiveItem is the item as readers see it: the metadata are those of the live
// version. NotFound when there is none. Public: what is live is public.
func (s *Service) LiveItem(ctx context.Context, q db.Querier, id ItemID) (Item, Version, error) {
	i, err := db.One(ctx, q, scanItem, `SELECT `+itemFields+`
		  FROM item i JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id
		 WHERE i.id = $1`, id)
	if db.None(err) {
		return Item{}, Version{}, fault.Missing("稿件")
	}
	if err != nil {
		return Item{}, Version{}, err
	}
	v, err := db.One(ctx, q, scanVersion, `SELECT `+versionFields+` FROM item_version v WHERE v.item_id = $1 AND v.no = $2`, id, i.LiveVersion)
	return i, v, err
}
