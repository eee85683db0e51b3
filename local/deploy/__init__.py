"""One stage on AWS: `make deploy`, `make status`, `make destroy`, `make rollback`.

    stages      a stage's file (.chalice/stages/STAGE.toml), validated
    account     the AWS account, and what exists of the stage in it; no other state is kept
    identity    whether this machine is signed in to the stage's account
    advice      what to do about an error of AWS
    preflight   checks for what would fail later, before anything is created
    network     the part of preflight that checks subnets and addresses
    cloudformation, stacks
                any stack; the stage's two stacks (.chalice/resources.json and watch.json)
    sources     the files that are deployed, as git has them
    project     the directory that Chalice deploys: code, its configuration, narrowed policies
    functions   packaging and deploying with Chalice, and single functions
    wheels, archive
                the bundle's dependencies, for Lambda's architecture; its zip
    bundles     the deployed bundles, kept for `make rollback`
    steps       the order of a deployment
    waiting     what a stage has in hand, and whether its WhatsApp accounts can send
    cutover     taking over from an older service, and giving back to it
    status, destroy, commands

Every step checks what exists and can be run again; if one fails, the ones before it stay done.
"""
