package library

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// ForeignLanguages are those an item may be asked to stand in, in the order of
// forms.
var ForeignLanguages = []string{"en", "ru", "fr", "es", "ar", "ja", "ko", "de", "bo", "ug", "mn"}

// Translation is who translated an item and who reviewed it (Article 17:
// 专业、合格的外语支撑队伍).
type Translation struct {
	Item          ItemID
	Version       int
	Source        ItemID
	SourceVersion int
	Translator    string
	Reviewer      string
	RecordedBy    string
	At            time.Time
}

// How a core item stands in a language.
const (
	InStep   = "in_step"
	Missing  = "missing"
	Outdated = "outdated"
	Orphan   = "orphan" // the Chinese item is withdrawn, the foreign one is not
)

var standNames = map[string]string{InStep: "同步", Missing: "没有外文版", Outdated: "外文版较旧", Orphan: "中文已撤稿，外文仍公开"}

// Stand is how one core item stands in one language it shall stand in.
type Stand struct {
	Source    Item
	Language  string
	Foreign   ItemID // empty: not begun
	ForeignIn string // its state in words
	Translation
	State string
	Since time.Time // behind since; zero when in step
}

// StateName is the state in Chinese.
func (s Stand) StateName() string { return standNames[s.State] }

// Days it is behind today.
func (s Stand) Days(today calendar.Date) int {
	if s.Since.IsZero() {
		return 0
	}
	return max(today.Sub(calendar.DateOf(s.Since)), 0)
}

// SetCore says in which languages an item in scope shall stand; none ends it.
func (s *Service) SetCore(ctx context.Context, scope authz.Scope, id ItemID, languages []string) error {
	for _, l := range languages {
		if !slices.Contains(ForeignLanguages, l) {
			return fault.New(fault.Invalid, "语言无法识别。").On("language", "请从列表中选择语言")
		}
	}
	person, _, err := writer(ctx)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if it.Language != Chinese {
			return fault.New(fault.Conflict, "请在中文稿件上设定核心信息。")
		}
		before, err := db.All(ctx, tx, db.Value[string], `SELECT language FROM item_core WHERE item_id = $1 ORDER BY language`, id)
		if err != nil {
			return err
		}
		for _, l := range before {
			if !slices.Contains(languages, l) {
				if _, err := tx.Exec(ctx, `DELETE FROM item_core WHERE item_id = $1 AND language = $2`, id, l); err != nil {
					return err
				}
			}
		}
		for _, l := range languages {
			if _, err := tx.Exec(ctx, `INSERT INTO item_core (item_id, language, set_by, set_at) VALUES ($1, $2, $3, $4) ON CONFLICT (item_id, language) DO NOTHING`, id, l, person, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.core", Basis: "第十七条", Target: it.Target(), Before: before, After: languages})
	})
}

func (n *Translation) wrong() error {
	n.Translator, n.Reviewer = oneLine(n.Translator), oneLine(n.Reviewer)
	var f fault.Fields
	f.Check(n.Translator != "" && len([]rune(n.Translator)) <= 60, "translator", "请填写译者姓名，60 字以内")
	f.Check(n.Reviewer != "" && len([]rune(n.Reviewer)) <= 60, "reviewer", "请填写译审姓名，60 字以内")
	f.Check(n.Reviewer == "" || n.Reviewer != n.Translator, "reviewer", "译审和译者要由两个人担任")
	return f.Err()
}

// StartTranslation enters the draft of an item's version in another language:
// the same content, the title as given, the text to be written over. The item
// must be public.
func (s *Service) StartTranslation(ctx context.Context, scope authz.Scope, id ItemID, language, title string, n Translation) (Item, error) {
	var f fault.Fields
	f.Check(slices.Contains(ForeignLanguages, language), "language", "请从列表中选择语言")
	f.Check(oneLine(title) != "", "title", "请填写外文标题")
	if err := f.Err(); err != nil {
		return Item{}, err
	}
	if err := n.wrong(); err != nil {
		return Item{}, err
	}
	source, err := s.Item(ctx, scope, id)
	if err != nil {
		return Item{}, err
	}
	if source.Language != Chinese || !source.Live() {
		return Item{}, fault.New(fault.Conflict, "只有公开的中文稿件可以翻译。")
	}
	v, err := version(ctx, s.db, id, source.LiveVersion)
	if err != nil {
		return Item{}, err
	}
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return Item{}, err
	}
	meta := v.Meta
	// The number is the Chinese text's own; words of lists are Chinese.
	meta.Title, meta.Summary, meta.Keywords, meta.IndexNo = title, "", "", ""
	w := Writing{Meta: meta, Doc: doc, Unit: source.Unit, Content: source.Content, Language: language, Note: "从中文第 " + fmt.Sprint(v.No) + " 版翻译"}
	if w.Origin == MovedIn {
		w.Origin = Original
	}
	it, err := s.Create(ctx, scope, w)
	if err != nil {
		return Item{}, err
	}
	return it, s.RecordTranslation(ctx, scope, it.ID, n)
}

// RecordTranslation names who translated and who reviewed the newest version
// of a foreign-language item in scope; it says everything its source says now.
func (s *Service) RecordTranslation(ctx context.Context, scope authz.Scope, id ItemID, n Translation) error {
	if err := n.wrong(); err != nil {
		return err
	}
	person, _, err := writer(ctx)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		source, err := s.sourceOf(ctx, tx, it)
		if err != nil {
			return err
		}
		if source.LiveVersion == 0 {
			return fault.New(fault.Conflict, "中文稿件没有公开，不能登记翻译。")
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO item_translation (item_id, version_no, source_id, source_version, translator, reviewer, recorded_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (item_id) DO UPDATE SET version_no = excluded.version_no, source_id = excluded.source_id, source_version = excluded.source_version, translator = excluded.translator, reviewer = excluded.reviewer, recorded_by = excluded.recorded_by, at = excluded.at`,
			id, it.Version, source.ID, source.LiveVersion, n.Translator, n.Reviewer, person, tx.Now()); err != nil {
			return fmt.Errorf("library: record translation: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.translated", Basis: "第十七条", Target: it.Target(),
			After: map[string]any{"version": it.Version, "source": source.ID, "source_version": source.LiveVersion, "translator": n.Translator, "reviewer": n.Reviewer}})
	})
}

// sourceOf is the Chinese item of the same content.
func (s *Service) sourceOf(ctx context.Context, q db.Querier, it Item) (Item, error) {
	if it.Language == Chinese {
		return Item{}, fault.New(fault.Conflict, "这是中文稿件，不需要登记译者。")
	}
	source, err := db.One(ctx, q, scanItem, itemSelect+` WHERE i.content_id = $1 AND i.language = $2`, it.Content, Chinese)
	if db.None(err) {
		return Item{}, fault.New(fault.Conflict, "没有找到对应的中文稿件。")
	}
	return source, err
}

// translated refuses to send a foreign-language item to review without the
// names of those who answer for its words.
func (s *Service) translated(ctx context.Context, q db.Querier, it Item) error {
	if it.Language == Chinese {
		return nil
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM item_translation WHERE item_id = $1`, it.ID)
	if err == nil && n == 0 {
		return fault.New(fault.Refused, "外文稿件要先写明译者和译审，才能送审。").
			Because(fault.Reason{ID: "S17", Citation: "陕政公开办〔2021〕18号 第十七条", Says: "内容要有专业、合格的外语支撑队伍保障，请在“外文版”页面登记。"})
	}
	return err
}

// TranslationOf an item in scope; ok is false for none.
func (s *Service) TranslationOf(ctx context.Context, scope authz.Scope, id ItemID) (Translation, bool, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return Translation{}, false, err
	}
	n, err := db.One(ctx, s.db, func(r db.Scanner) (Translation, error) {
		var n Translation
		return n, r.Scan(&n.Item, &n.Version, &n.Source, &n.SourceVersion, &n.Translator, &n.Reviewer, &n.RecordedBy, &n.At)
	}, `SELECT item_id, version_no, source_id, source_version, translator, reviewer, recorded_by, at FROM item_translation WHERE item_id = $1`, id)
	if db.None(err) {
		return Translation{}, false, nil
	}
	return n, err == nil, err
}

// CoreLanguages of an item in scope: those it shall stand in.
func (s *Service) CoreLanguages(ctx context.Context, scope authz.Scope, id ItemID) ([]string, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, db.Value[string], `SELECT language FROM item_core WHERE item_id = $1 ORDER BY language`, id)
}

// mostStands bounds what one list of core items reads.
const mostStands = 5000

// Stands are the core items in scope in the language (empty: in every one they
// shall stand in), furthest behind first. A change of form leaves a translation
// in step; a change of substance does not.
func (s *Service) Stands(ctx context.Context, scope authz.Scope, language string, item ItemID) ([]Stand, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(language != "", "k.language = ?", language).AndIf(item != "", "k.item_id = ?", item)
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Stand, error) {
		var n Stand
		var set, missing, changed time.Time
		var state, stage string
		var live bool
		err := r.Scan(append(n.Source.fields(), &n.Language, &set, &n.Foreign, &state, &stage, &live, &n.Translator, &n.Reviewer, &n.SourceVersion, &n.Version, &n.At, &changed)...)
		if n.Foreign != "" {
			n.ForeignIn = Item{State: state, Stage: stage}.StateName()
		}
		if missing = n.Source.PublishedAt; missing.Before(set) {
			missing = set
		}
		switch {
		case !n.Source.Live() && live:
			n.State, n.Since = Orphan, n.Source.WithdrawnAt
		case !n.Source.Live():
			n.State = InStep // nothing to translate
		case !live:
			n.State, n.Since = Missing, missing
		case n.SourceVersion == 0 || !changed.IsZero():
			n.State, n.Since = Outdated, changed
			if changed.IsZero() {
				n.Since = missing
			}
		default:
			n.State = InStep
		}
		return n, err
	}, `SELECT `+itemFields+`, k.language, k.set_at, COALESCE(f.id, ''), COALESCE(f.state, ''), COALESCE(f.stage, ''), fl.item_id IS NOT NULL,
	           COALESCE(t.translator, ''), COALESCE(t.reviewer, ''), COALESCE(t.source_version, 0), COALESCE(t.version_no, 0), t.at,
	           (SELECT min(rl.at) FROM item_release rl JOIN item_version rv ON rv.item_id = rl.item_id AND rv.no = rl.version_no
	             WHERE rl.item_id = i.id AND rl.version_no > t.source_version AND rv.change_kind <> 'form')
	      FROM item_core k JOIN item i ON i.id = k.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit u ON u.id = i.unit_id
	      LEFT JOIN item f ON f.content_id = i.content_id AND f.language = k.language LEFT JOIN item_live fl ON fl.item_id = f.id LEFT JOIN item_translation t ON t.item_id = f.id
	     WHERE `+w.SQL()+` ORDER BY k.item_id, k.language LIMIT `+w.Arg(mostStands), w.Args()...)
	slices.SortStableFunc(list, func(a, b Stand) int {
		if a.Since.IsZero() != b.Since.IsZero() {
			return cmp.Compare(b.Since.Unix(), a.Since.Unix())
		}
		return a.Since.Compare(b.Since)
	})
	return list, err
}
