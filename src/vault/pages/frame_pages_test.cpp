// Control 40: the vault serves the scripts that the inventory lists, byte for byte, or it does not start.
#include "vault/pages/frame_pages.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "vault/pages/frame_policy.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

// printf 'run()' | openssl dgst -sha384 -binary | base64
constexpr const char* kRunHash = "sha384-SVfatnSJinMW2kaY0tNr8GWYTbuLjipKiHfYDnLbPSlyVycMxOEHwtGmEAbxJXc1";

class FramePagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder() / "assets");
    write("assets/card.js", "run()");
    write("assets/card.css", "p{}");
    write("index.html", page(kRunHash));
    write("scripts.json", inventory("card-frame", "/frame/v1/assets/card.js", kRunHash));
  }
  std::filesystem::path folder() const { return disk.folder / "pages"; }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder() / name) << text; }
  static std::string page(const std::string& hash) {
    return "<meta content=\"{{PARENT_ORIGIN}}\"><script src=\"/frame/v1/assets/card.js\" integrity=\"" + hash +
           "\"></script>";
  }
  static std::string inventory(const std::string& name, const std::string& path, const std::string& hash) {
    return R"({"scripts":[{"page":")" + name + R"(","path":")" + path + R"(","integrity":")" + hash +
           R"(","owner":"Vault","why":"the form"}]})";
  }
  base::Result<FramePages> load() {
    KARV_TRY(const auto listed, ScriptInventory::load((folder() / "scripts.json").string()));
    return FramePages::load(folder().string(), listed);
  }
  std::string refusal() {
    const auto loaded = load();
    return loaded.ok() ? "loaded" : loaded.error().internal_text();
  }

  testing::Disk disk;
};

TEST_F(FramePagesTest, control_40_the_listed_script_is_served_under_its_hash) {
  const auto loaded = load();
  ASSERT_TRUE(loaded.ok()) << loaded.error().internal_text();
  EXPECT_EQ(std::vector(loaded->script_hashes().begin(), loaded->script_hashes().end()),
            std::vector<std::string>{kRunHash});
}

TEST_F(FramePagesTest, control_40_a_file_changed_after_the_start_reaches_nobody) {
  const auto loaded = load();
  write("assets/card.js", "steal()");
  write("index.html", "<script>steal()</script>");
  EXPECT_EQ(loaded->find_asset("card.js")->body, "run()");
  EXPECT_NE(loaded->page_for("https://pay.localhost").find(kRunHash), std::string::npos);
}

TEST_F(FramePagesTest, control_40_a_script_that_differs_by_a_byte_keeps_the_vault_from_starting) {
  write("assets/card.js", "run();");
  EXPECT_NE(refusal().find("card.js is not the script that the inventory lists"), std::string::npos) << refusal();
}

TEST_F(FramePagesTest, control_40_a_script_without_an_entry_keeps_the_vault_from_starting) {
  write("assets/more.js", "more()");
  EXPECT_NE(refusal().find("more.js is not the script"), std::string::npos) << refusal();
  std::filesystem::remove(folder() / "assets/more.js");
  EXPECT_EQ(refusal(), "loaded");
  write("scripts.json", inventory("checkout", "/frame/v1/assets/card.js", kRunHash));
  EXPECT_NE(refusal().find("card.js is not the script"), std::string::npos);
  write("scripts.json", inventory("card-frame", "/frame/v1/assets/other.js", kRunHash));
  EXPECT_NE(refusal().find("card.js is not the script"), std::string::npos);
}

TEST_F(FramePagesTest, control_40_a_page_with_an_inline_unnamed_or_wrong_script_is_refused) {
  for (const std::string& more :
       {std::string("<script>steal()</script>"), std::string("<script src=\"x.js\"></script>"),
        std::string("<script integrity=\"") + kRunHash + "\">steal()</script>",
        std::string("<script src=\"x.js\" integrity=\"sha384-x\"></script>")}) {
    write("index.html", page(kRunHash) + more);
    EXPECT_NE(refusal().find("a script without the hash of what is served"), std::string::npos) << more;
  }
  write("index.html", "<p>{{PARENT_ORIGIN}}</p>");
  EXPECT_NE(refusal().find("has no script"), std::string::npos);
}

TEST_F(FramePagesTest, a_page_that_is_not_there_or_has_no_place_for_its_parent_is_refused) {
  write("index.html", "<p>nothing</p>");
  EXPECT_NE(refusal().find("no place for the parent's origin"), std::string::npos);
  std::filesystem::remove(folder() / "index.html");
  EXPECT_NE(refusal().find("cannot read"), std::string::npos);
}

TEST_F(FramePagesTest, control_40_what_is_no_inventory_is_refused_with_the_cure) {
  const auto good = inventory("card-frame", "/frame/v1/assets/card.js", kRunHash);
  const auto with = [&](std::string_view from, std::string_view to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const auto& text : {std::string(), std::string("{}"), std::string("[]"), std::string(200'000, '['), good + "x",
                           with(R"("owner":"Vault")", R"("owner":"")"), with(R"("why":"the form")", R"("why":"")"),
                           with(R"("owner":"Vault",)", ""), with("sha384-", "sha1-"), with(kRunHash, "sha384-short"),
                           with(R"("/frame)", R"("frame)"), with(R"("why")", R"("because")")}) {
    write("scripts.json", text);
    EXPECT_NE(refusal().find("node web/build.mjs"), std::string::npos) << text.substr(0, 80);
  }
  std::filesystem::remove(folder() / "scripts.json");
  EXPECT_NE(refusal().find("cannot be read"), std::string::npos);
}

TEST(FramePolicy, control_40_scripts_run_by_their_hash_alone) {
  const std::vector<std::string> hashes{kRunHash};
  const auto headers = form_headers({.origin = "https://vault.localhost:8444",
                                     .frame_ancestors = "https://shop.localhost:8446 https://pay.localhost:8443",
                                     .script_hashes = hashes});
  EXPECT_EQ(headers.find("Content-Security-Policy"),
            std::string("default-src 'none'; script-src '") + kRunHash +
                "' 'report-sha384'; style-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; "
                "form-action 'none'; frame-ancestors https://shop.localhost:8446 https://pay.localhost:8443; "
                "sandbox allow-forms allow-same-origin allow-scripts; require-trusted-types-for 'script'; "
                "trusted-types 'none'; report-uri https://vault.localhost:8444/frame/v1/reports; report-to karv");
  EXPECT_EQ(headers.find("Integrity-Policy"), "blocked-destinations=(script), endpoints=(karv)");
  EXPECT_EQ(headers.find("Reporting-Endpoints"), "karv=\"https://vault.localhost:8444/frame/v1/reports\"");
  EXPECT_EQ(headers.find("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(headers.find("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(headers.find("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace karv::vault
