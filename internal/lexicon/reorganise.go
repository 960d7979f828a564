package lexicon

import "zhengshu/internal/org"

// Reorganise is the lists' part in a reorganisation: entries in force or waiting
// go to who follows the unit, unless it has the same already; the packs stay as
// the record of who made them.
func Reorganise() org.Module {
	return org.Carries("lexicon", org.Owned{Table: "lexicon_entry", Kind: "lexicon_entry", Noun: "词库词条", Name: "words", Note: "rights", Link: "'/console/lexicon/entries/' || id",
		Where: `state IN ('proposed', 'active')`, Unless: `EXISTS (SELECT 1 FROM lexicon_entry o WHERE o.unit_id = $2 AND o.kind = lexicon_entry.kind AND o.words = lexicon_entry.words AND o.state IN ('proposed', 'active'))`})
}
