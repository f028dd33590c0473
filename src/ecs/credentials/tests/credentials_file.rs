use super::scene::{ROLE, Scene, parts};

async fn with(text: &str) -> Scene {
    let scene = Scene::usual().await;
    scene.write(".alibabacloud/credentials", text);
    scene
}

#[tokio::test]
async fn a_section_is_read_with_its_remarks_quotes_and_neighbours() {
    let mut scene = with(concat!(
        "\u{feff}; ours\r\n[other]\nthis is no line of anybody's concern\n\n",
        "[ default ] # the usual one\ntype: access_key\n",
        "access_key_id = \"id\"\n access_key_secret = s=e#c;r:et # not this\n",
        "[prod]\ntype=sts\naccess_key_id=id2\naccess_key_secret='sec ; ret'\nsecurity_token=t\n",
    ))
    .await;
    assert_eq!(parts(&scene.found().await.0), ("id", "s=e#c;r:et", None));
    scene.set("PROFILE", "prod");
    let (keys, source) = scene.found().await;
    assert_eq!(parts(&keys), ("id2", "sec ; ret", Some("t")));
    assert_eq!(source, "credentials file section [prod]");
}

#[tokio::test]
async fn every_type_leads_to_its_keys() {
    let keys = "access_key_id = id\naccess_key_secret = s\n";
    for (text, id) in [
        (format!("type = access_key\n{keys}"), "id"),
        (format!("type = sts\n{keys}security_token = t\n"), "id"),
        (
            format!("type = ram_role_arn\n{keys}role_arn = {ROLE}\n"),
            "of-the-role",
        ),
        ("type = ecs_ram_role\n".to_owned(), "of-the-machine"),
        (
            "type = ecs_ram_role\nrole_name = worker\n".to_owned(),
            "of-the-machine",
        ),
    ] {
        let scene = with(&format!("[default]\n{text}")).await;
        assert_eq!(scene.found().await.0.access_key_id, id, "{text}");
    }
    let scene = Scene::usual().await;
    let token = scene.write("token", "t");
    let text = format!(
        "[default]\ntype = oidc_role_arn\nrole_arn = {ROLE}\noidc_provider_arn = p\noidc_token_file_path = {}\n",
        token.display()
    );
    scene.write(".alibabacloud/credentials", text);
    assert_eq!(scene.found().await.0.access_key_id, "of-the-token");
}

#[tokio::test]
async fn what_is_wrong_is_told_without_what_stands_there() {
    for (text, problem) in [
        (
            "[other]\ntype = access_key\n",
            "there is no section [default]",
        ),
        ("[default]\nverysecret\n", "line 2 has no `=`"),
        ("[default\n", "line 1 begins a section and does not end it"),
        ("[default]\n", "section [default]: it has no type"),
        (
            "[default]\ntype = bearer\n",
            "section [default]: type `bearer` is not supported",
        ),
        (
            "[default]\ntype = access_key\naccess_key_secret = verysecret\n",
            "section [default]: it has no access_key_id",
        ),
        (
            "[default]\nenable = False\ntype = access_key\n",
            "section [default]: it is not enabled",
        ),
    ] {
        let mut scene = with(text).await;
        scene.set("ECS_METADATA_DISABLED", "true");
        let told = scene.problem().await;
        let expected = format!("credentials file: ~/.alibabacloud/credentials: {problem};");
        assert!(told.contains(&expected), "{told}");
        assert!(!told.contains("verysecret"), "{told}");
    }
}

#[tokio::test]
async fn the_file_is_the_one_that_the_variable_names() {
    let mut scene = Scene::usual().await;
    let text = "[default]\ntype = access_key\naccess_key_id = id\naccess_key_secret = s\n";
    let path = scene.write("elsewhere", text);
    scene.set("CREDENTIALS_FILE", path.to_str().unwrap());
    assert_eq!(scene.found().await.0.access_key_id, "id");
}
