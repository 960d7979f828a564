package media

import "zhengshu/internal/org"

// Reorganise is the media library's part in a reorganisation: a unit's files
// go to who follows it; one of which the successor has the same content stays.
func Reorganise() org.Module {
	return org.Carries("media", org.Owned{Table: "media_asset", Kind: "media_asset", Noun: "媒体库文件", Name: "name", Note: "kind", Link: "'/console/media/' || id",
		Unless: `EXISTS (SELECT 1 FROM media_asset o WHERE o.unit_id = $2 AND o.blob = media_asset.blob)`})
}
